/** What HAProxy answers, read. Columns are found by their names: releases add some. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ServerState } from '../router.ts';

/** Bits of srv_admin_state. What the configuration file said (CMAINT, 0x04) is only remembered there. */
const MAINTENANCE = 0x01 | 0x02 | 0x20 | 0x40;
const DRAINING = 0x08 | 0x10;
/** Bit of srv_check_state: the configuration has a check for it. */
const HAS_CHECK = 0x02;

export interface RuntimeServer {
  readonly name: string;
  readonly backendId: string;
  readonly hasCheck: boolean;
  readonly state: Omit<ServerState, 'connections'>;
}

/** The answer of `show servers state BACKEND`. */
export function readServersState(answer: string): readonly RuntimeServer[] {
  const lines = answer.split('\n').map((line) => line.trim());
  const header = lines.find((line) => line.startsWith('# '));
  if (header === undefined) throw strange('show servers state', answer);
  const columns = header.slice(2).split(' ');
  const column = (name: string): number => {
    const index = columns.indexOf(name);
    if (index === -1) throw strange('show servers state', answer);
    return index;
  };
  const at = {
    backendId: column('be_id'),
    name: column('srv_name'),
    operation: column('srv_op_state'),
    admin: column('srv_admin_state'),
    weight: column('srv_uweight'),
    check: column('srv_check_state'),
  };
  return lines.slice(lines.indexOf(header) + 1).flatMap((line): readonly RuntimeServer[] => {
    const fields = line.split(' ');
    const field = (index: number): string => fields[index] ?? '';
    if (fields.length < columns.length - 8 || field(at.name) === '') return [];
    const admin = Number(field(at.admin));
    const hasCheck = (Number(field(at.check)) & HAS_CHECK) !== 0;
    const off = (admin & MAINTENANCE) !== 0;
    // Without weight it gets nothing new, by whatever name.
    const draining = (admin & DRAINING) !== 0 || Number(field(at.weight)) === 0;
    return [
      {
        name: field(at.name),
        backendId: field(at.backendId),
        hasCheck,
        state: {
          admission: off ? 'OFF' : draining ? 'DRAIN' : 'ON',
          // In maintenance nothing is checked.
          health: off || !hasCheck ? 'UNCHECKED' : Number(field(at.operation)) > 0 ? 'UP' : 'DOWN',
        },
      },
    ];
  });
}

/** Server → what is under way at it: the answer of `show stat ID 4 -1`. */
export function readConnections(answer: string): ReadonlyMap<string, number> {
  const [header = '', ...lines] = answer.split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const name = columns.indexOf('svname');
  const current = columns.indexOf('scur');
  const queued = columns.indexOf('qcur');
  if (name === -1 || current === -1) throw strange('show stat', answer);
  return new Map(
    lines.flatMap((line) => {
      const fields = line.split(',');
      const server = fields[name];
      if (server === undefined) return [];
      return [[server, Number(fields[current] ?? 0) + Number((queued === -1 ? null : fields[queued]) ?? 0)] as const];
    }),
  );
}

const strange = (command: string, answer: string): FailureError =>
  new FailureError(
    failure('UNSUPPORTED', `what answers '${command}' is no HAProxy this agent knows: '${answer.slice(0, 200)}'`),
  );
