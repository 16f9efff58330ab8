/** `true` on many hosts, through the real SSH platform and real sshd on loopback, beside Ansible where there is one. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { aptProgram, programPath } from '../support/real/install.ts';
import { temporaryDirectory } from '../support/real/processes.ts';
import { startSshdHosts, type SshdHosts } from '../support/real/sshd.ts';
import { measure, median, type Measure } from './measure.ts';
import { startProgram } from './program.ts';
import type { BenchOptions } from './run.ts';

const execute = promisify(execFile);

/** Hosts a second, with new connections and with those of the run before. */
interface Speed {
  readonly cold: number;
  readonly pooled: number;
}

export async function ssh({ quick, with: extras, tell }: BenchOptions): Promise<readonly Measure[]> {
  const count = quick ? 10 : 50;
  const rounds = quick ? 1 : 3;
  const ansible = extras.includes('ansible') ? await aptProgram('ansible', 'ansible-core') : programPath('ansible');
  if (ansible === null) tell('there is no Ansible to compare with: `--with ansible` installs it');
  const fleet = await startSshdHosts(await aptProgram('sshd', 'openssh-server'), count);
  const program = await startProgram('ssh');
  const ours: Speed[] = [];
  const theirs: Speed[] = [];
  const raw: Speed[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      const { hosts, clientKey } = fleet;
      const plain = hosts.map(({ name, address, port, user, hostKeyFingerprint }) => ({
        name,
        address,
        port,
        user,
        hostKeyFingerprint,
      }));
      ours.push(await program.call<Speed>('run', { hosts: plain, clientKey, directory: temporaryDirectory('bench') }));
      if (ansible === null) continue;
      theirs.push(await byAnsible(ansible, fleet, 'command'));
      raw.push(await byAnsible(ansible, fleet, 'raw'));
      tell(`round ${round}: ${JSON.stringify({ ours: ours.at(-1), ansible: theirs.at(-1), raw: raw.at(-1) })}`);
    }
  } finally {
    await program.stop();
    await fleet.stop();
  }
  const of = (speeds: readonly Speed[], how: keyof Speed): number | null =>
    speeds.length === 0 ? null : median(speeds.map((each) => each[how]));
  const goal = ansible === null ? undefined : { atLeast: 5, ofRatio: true };
  return (['cold', 'pooled'] as const).flatMap((how) => [
    measure(`${count} hosts, ${how}, to Ansible`, of(ours, how) ?? 0, 'hosts/s', of(theirs, how), goal),
    ...(ansible === null
      ? []
      : [measure(`${count} hosts, ${how}, to Ansible's raw`, of(ours, how) ?? 0, 'hosts/s', of(raw, how))]),
  ]);
}

/** Every host at once; a new directory for the control sockets is a cold start, using it again a pooled one. */
async function byAnsible(ansible: string, fleet: SshdHosts, module: 'command' | 'raw'): Promise<Speed> {
  const directory = temporaryDirectory('bench');
  const sockets = join(directory, 's');
  mkdirSync(sockets);
  const inventory = join(directory, 'hosts');
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
  const line = ({ name, address, port, user }: SshdHosts['hosts'][number]): string =>
    `${name} ansible_host=${address} ansible_port=${port} ansible_user=${user} ansible_python_interpreter=${python}`;
  writeFileSync(inventory, `${fleet.hosts.map(line).join('\n')}\n`);
  const env = {
    ...process.env,
    ANSIBLE_HOST_KEY_CHECKING: 'False',
    ANSIBLE_SSH_CONTROL_PATH_DIR: sockets,
    ANSIBLE_PRIVATE_KEY_FILE: fleet.clientKeyFile,
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_FORKS: String(fleet.hosts.length),
  };
  const once = async (): Promise<number> => {
    const began = performance.now();
    await execute(ansible, ['all', '-i', inventory, '-m', module, '-a', 'true'], { env, maxBuffer: 16_777_216 });
    return fleet.hosts.length / ((performance.now() - began) / 1_000);
  };
  const speed = { cold: await once(), pooled: await once() };
  // Ends the connections it keeps for later.
  const stops = fleet.hosts.map(({ address, port, user }) =>
    execute('ssh', ['-O', 'exit', '-o', `ControlPath=${sockets}/%C`, '-p', String(port), `${user}@${address}`]),
  );
  await Promise.allSettled(stops);
  return speed;
}
