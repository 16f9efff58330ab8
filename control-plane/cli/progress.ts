/** Shows views as they come: redrawn on a terminal, line by line elsewhere. */
import type { ExecutionView } from '@fairlead/proto/live.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import { changeLines } from './progress-lines.ts';
import { treeLines } from './progress-tree.ts';
import { styleFor } from './style.ts';

export interface Progress {
  show(view: ExecutionView): void;
  /** A line above the tree. */
  say(line: string): void;
  /** Leaves the last picture standing. */
  end(): void;
}

interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function startProgress(
  output: Output,
  environment: Environment,
  system: Pick<System, 'clock' | 'scheduler'>,
): Progress {
  const isTerminal = output.isTTY === true && environment['TERM'] !== 'dumb' && environment['CI'] === undefined;
  return isTerminal ? redrawn(output, environment, system) : lineByLine(output, environment);
}

function lineByLine(output: Output, environment: Environment): Progress {
  const style = styleFor(output, environment);
  let last: ExecutionView | null = null;
  const say = (line: string): void => void output.write(`${line}\n`);
  return {
    show(view) {
      changeLines(last, view, style).forEach(say);
      last = view;
    },
    say,
    end() {},
  };
}

const REDRAW_MS = 1000;

function redrawn(output: Output, environment: Environment, system: Pick<System, 'clock' | 'scheduler'>): Progress {
  const style = styleFor(output, environment);
  let view: ExecutionView | null = null;
  let drawn = 0;
  let timer: Timer | null = null;
  const wipe = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\r\u001b[J`);
  const draw = (above = ''): void => {
    const screen = { columns: output.columns ?? 80, rows: output.rows ?? 24 };
    const lines = view === null ? [] : treeLines(view, system.clock.now(), screen, style);
    output.write(`${wipe()}${above}${lines.map((line) => `${line}\n`).join('')}`);
    drawn = lines.length;
    timer?.cancel();
    // Durations go on although nothing happens.
    timer = view === null ? null : system.scheduler.after(REDRAW_MS, () => draw());
  };
  return {
    show(next) {
      view = next;
      draw();
    },
    say: (line) => draw(`${line}\n`),
    end() {
      timer?.cancel();
      drawn = 0;
    },
  };
}
