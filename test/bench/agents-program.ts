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

/** So many enrolments under way at once. */
const AT_ONCE = 20;

export function serve(): void {
  const agents: BenchAgent[] = [];
  serveCalls(
    {
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
      connect() {
        for (const agent of agents) agent.run();
      },
      /** Every one of them has done exactly one task. */
      check() {
        const idle = agents.filter((agent) => agent.done !== 1);
        if (idle.length > 0) throw new Error(`${idle.length} agents did not do exactly one task`);
      },
    },
    async () => {
      await Promise.all(agents.map((agent) => agent.stop()));
    },
  );
}
