/** A load process: many agents of the real code, each with a ledger, a connection and sessions of its own. */
import { join } from 'node:path';
import { prepareBenchAgent, type BenchAgent } from './agent-program.ts';
import { serveCalls } from './program.ts';

interface Load {
  readonly directory: string;
  readonly port: number;
  readonly token: string;
  readonly from: number;
  readonly count: number;
}

/** So many enrolments, or first sessions, under way at once: this process shares the machine with the one measured. */
const AT_ONCE = 20;

export function serve(): void {
  const agents: BenchAgent[] = [];
  serveCalls(
    {
      ready() {},
      async enrol({ directory, port, token, from, count }: Load) {
        let next = from;
        const enrolSome = async (): Promise<void> => {
          while (next < from + count) {
            const name = `n${next}`;
            next += 1;
            const place = { directory: join(directory, name), port, token };
            agents.push(await prepareBenchAgent({ ...place, name, selectors: [name], capacity: 1 }));
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, enrolSome));
      },
      async connect() {
        const waiting = [...agents];
        const connectSome = async (): Promise<void> => {
          for (let agent = waiting.pop(); agent !== undefined; agent = waiting.pop()) await agent.run();
        };
        await Promise.all(Array.from({ length: AT_ONCE }, connectSome));
      },
      /** Tasks that each has done. */
      done: () => agents.map((agent) => agent.done),
    },
    async () => {
      await Promise.all(agents.map((agent) => agent.stop()));
    },
  );
}
