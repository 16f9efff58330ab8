import { admin, type SimulatedServer } from './simulated-server.ts';

const COLUMNS =
  'be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port';
const BACKEND_ID = 3;

/** One command's answer, without the empty line that ends it. */
export function answerCommand(
  command: string,
  backend: string,
  servers: readonly SimulatedServer[],
  level: 'admin' | 'operator',
  rise: number,
): string {
  const show = /^show servers state (\S+)$/.exec(command);
  if (show !== null) {
    if (show[1] !== backend) return "Can't find backend.\n";
    return `1\n# ${COLUMNS}\n${servers.map((each) => stateLine(each, backend)).join('')}`;
  }
  if (command === 'show backend') return `# name\n${backend}\n`;
  const stat = /^show stat (\S+) 4 -1$/.exec(command);
  if (stat !== null) {
    const lines = servers.map((each) => `${backend},${each.name},0,0,${each.connections},${statusOf(each)},\n`);
    return `# pxname,svname,qcur,qmax,scur,status,\n${stat[1] === String(BACKEND_ID) || stat[1] === backend ? lines.join('') : ''}`;
  }
  const set = /^set server ([^/\s]+)\/(\S+) (state|health) (\S+)$/.exec(command);
  if (set === null) return `Unknown command: '${command}'.\n`;
  const [, inBackend, name, what, value] = set;
  if (level !== 'admin') return 'Permission denied\n';
  if (inBackend !== backend) return 'No such backend.\n';
  const server = servers.find((each) => each.name === name);
  if (server === undefined) return 'No such server.\n';
  return what === 'state' ? setState(server, value ?? '', rise) : setHealth(server, value ?? '', rise);
}

function setState(server: SimulatedServer, state: string, rise: number): string {
  const configured = server.admin & admin.CMAINT;
  const wasOff = (server.admin & admin.FMAINT) !== 0;
  if (state === 'maint') {
    server.admin = configured | admin.FMAINT;
    server.up = false;
    server.health = 0;
    return '';
  }
  if (state !== 'ready' && state !== 'drain') return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n";
  server.admin = state === 'drain' ? configured | admin.FDRAIN : configured;
  if (wasOff) {
    // It counts as up until the first check says otherwise.
    server.up = true;
    server.health = rise;
    server.checkStatus = 1;
  }
  return '';
}

function setHealth(server: SimulatedServer, health: string, rise: number): string {
  if (!server.check) return 'Health checks are not enabled on this server.\n';
  if (health !== 'down' && health !== 'up') return "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n";
  server.up = health === 'up';
  server.health = health === 'up' ? rise : 0;
  return '';
}

const stateLine = (server: SimulatedServer, backend: string): string => {
  const { id, name, port, check, up, health, checkStatus } = server;
  const checkState = !check ? 0 : (server.admin & admin.FMAINT) !== 0 ? 14 : 6;
  const result = checkStatus === 15 ? 3 : checkStatus === 1 ? 0 : 2;
  return `${BACKEND_ID} ${backend} ${id} ${name} 127.0.0.1 ${up ? 2 : 0} ${server.admin} 1 1 1 ${check ? checkStatus : 1} ${check ? result : 0} ${health} ${checkState} 0 0 0 - ${port} - 0 0 - - 0\n`;
};

function statusOf(server: SimulatedServer): string {
  if ((server.admin & admin.FMAINT) !== 0) return 'MAINT';
  if ((server.admin & admin.FDRAIN) !== 0) return 'DRAIN';
  return server.up ? (server.check ? 'UP' : 'no check') : 'DOWN';
}
