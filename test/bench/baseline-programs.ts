/** The two processes of the baseline, and the same questions as the product is asked. */
import { startAgent, startServer, type Work } from './baseline.ts';
import { serveCalls } from './program.ts';

export interface BaselineOpening {
  readonly directory: string;
  readonly natsUrl: string;
}

/** Milliseconds each of so many took, one after the other. */
async function timesOf(count: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  const times: number[] = [];
  for (let done = 0; done < count; done += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times;
}

export function serveAsServer(): void {
  let server: Awaited<ReturnType<typeof startServer>> | null = null;
  let ids = 0;
  const started = () => {
    if (server === null) throw new Error('the baseline is not open');
    return server;
  };
  const step = (work: Work): Promise<void> => started().step(`s${(ids += 1)}`, work);
  serveCalls(
    {
      async open({ directory, natsUrl }: BaselineOpening) {
        server = await startServer(directory, natsUrl);
        return { port: server.port };
      },
      async throughput({ inFlight, ms, work }: { inFlight: number; ms: number; work: Work }) {
        const cpu = process.cpuUsage();
        const began = performance.now();
        const until = began + ms;
        let steps = 0;
        const place = async (): Promise<void> => {
          while (performance.now() < until) await step(work).then(() => (steps += 1));
        };
        await Promise.all(Array.from({ length: inFlight }, place));
        const used = process.cpuUsage(cpu);
        const cpuSeconds = (used.user + used.system) / 1e6;
        return { steps, allSteps: steps, seconds: (performance.now() - began) / 1_000, cpuSeconds };
      },
      alone: ({ steps, work }: { steps: number; work: Work }) => timesOf(steps, () => step(work)),
      append: (count: number) => timesOf(count, () => started().append()),
      ask: (count: number) => timesOf(count, () => started().ask()),
    },
    () => Promise.resolve(),
  );
}

export function serveAsAgent(): void {
  let agent: Awaited<ReturnType<typeof startAgent>> | null = null;
  serveCalls(
    {
      async open(options: BaselineOpening & { readonly port: number; readonly work: Work }) {
        const { directory, natsUrl, port, work } = options;
        agent = await startAgent(directory, natsUrl, port, work.ledgerWrites, work.ledgerBytes);
      },
      cpu: () => process.cpuUsage(),
      sync: (count: number) => timesOf(count, () => agent?.sync() ?? Promise.resolve()),
    },
    () => Promise.resolve(),
  );
}
