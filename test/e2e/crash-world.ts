/** A control plane with its agent inside, or beside it as a process of its own, over one set of hosts, killed at will. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { freePort } from '../support/real/listening.ts';
import { ask, demand, startControlPlane, startProgram, until } from './fairlead-process.ts';
import type { ControlPlane, Program } from './fairlead-process.ts';
import { buildProgram } from './program.ts';
import { AGENT_ENVIRONMENT, applyDefinition, makeUnitsWorld, type UnitsWorld } from './units-world.ts';

export type Who = 'control plane' | 'agent';

export class CrashWorld {
  readonly units: UnitsWorld;
  readonly separateAgent: boolean;
  readonly #program: string;
  readonly #agentPort: number;
  /** Of every control plane that is started from now on, beside what it always has. */
  settings: Readonly<Record<string, string>> = {};
  #token: string | null = null;
  #controlPlane: ControlPlane | null = null;
  #agent: Program | null = null;
  readonly #others = new Map<string, { readonly token: string; readonly program: Program }>();

  private constructor(program: string, units: UnitsWorld, agentPort: number, separateAgent: boolean) {
    this.#program = program;
    this.units = units;
    this.#agentPort = agentPort;
    this.separateAgent = separateAgent;
  }

  static async make(options: { readonly separateAgent: boolean; readonly workMs: number }): Promise<CrashWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-crash-'));
    const units = await makeUnitsWorld(directory, options.workMs);
    const world = new CrashWorld(await buildProgram(), units, await freePort('127.0.0.1'), options.separateAgent);
    await world.startControlPlane();
    await applyDefinition(world.controlPlane, units.definition);
    if (options.separateAgent) {
      world.#token = await world.#join('beside');
      await world.startAgent();
    }
    return world;
  }

  get controlPlane(): ControlPlane {
    if (this.#controlPlane === null) throw new Error('no control plane runs');
    return this.#controlPlane;
  }

  process(who: Who): Program {
    const found = who === 'agent' ? this.#agent : this.#controlPlane;
    if (found === null) throw new Error(`no ${who} runs`);
    return found;
  }

  /** Starts it, or starts it anew: what runs is killed first. `crashAt`: where it is to die. */
  async start(who: Who, crashAt?: string): Promise<void> {
    await (who === 'agent' ? this.startAgent(crashAt) : this.startControlPlane(crashAt));
  }

  /**
   * What the agent has left to tell may be told before anything new has begun, and a point may be passed with that: then
   * it comes to rest first.
   */
  async startControlPlane(crashAt?: string): Promise<void> {
    try {
      await this.#startControlPlane(crashAt);
    } catch (error) {
      if (crashAt === undefined) throw error;
      await this.#startControlPlane();
      if (this.separateAgent) await this.startAgent();
      await this.#startControlPlane(crashAt);
    }
  }

  async #startControlPlane(crashAt?: string): Promise<void> {
    await this.#controlPlane?.stop();
    this.#controlPlane = await startControlPlane(this.#program, this.units.directory, {
      ...AGENT_ENVIRONMENT,
      ...this.settings,
      FAIRLEAD_AGENT_PORT: String(this.#agentPort),
      FAIRLEAD_EMBEDDED_AGENT: String(!this.separateAgent),
      ...(crashAt === undefined ? {} : { FAIRLEAD_CRASH_AT: crashAt }),
    });
  }

  async startAgent(crashAt?: string): Promise<void> {
    await this.#agent?.stop();
    // It needs somebody to have a session with.
    if (this.#controlPlane?.isOver() === true) await this.#startControlPlane();
    const args = ['agent', '--server', `127.0.0.1:${this.#agentPort}`, '--name', 'beside'];
    const place = ['--data', join(this.units.directory, 'beside'), '--token', this.#token ?? ''];
    const agent = startProgram(this.#program, [...args, ...place], {
      ...AGENT_ENVIRONMENT,
      ...(crashAt === undefined ? {} : { FAIRLEAD_CRASH_AT: crashAt }),
    });
    this.#agent = agent;
    await until(
      'the agent has a session',
      () => agent.isOver() || /the session is open/.test(agent.output()),
      20_000,
      agent.output,
    );
  }

  /** One more agent; its process is started anew when it has one. */
  async startAnother(name: string): Promise<Program> {
    const { token = '', program } = this.#others.get(name) ?? {};
    await program?.stop();
    const place = [
      '--data',
      join(this.units.directory, name),
      '--token',
      token === '' ? await this.#join(name) : token,
    ];
    const args = ['agent', '--server', `127.0.0.1:${this.#agentPort}`, '--name', name, ...place];
    const agent = startProgram(this.#program, args, AGENT_ENVIRONMENT);
    this.#others.set(name, { token: place.at(-1) ?? '', program: agent });
    await until(`${name} has a session`, () => /the session is open/.test(agent.output()), 20_000, agent.output);
    return agent;
  }

  async #join(name: string): Promise<string> {
    const made = z.object({ token: z.string() });
    return (await demand(made, ask(this.controlPlane, 'POST', '/tokens', { name }))).token;
  }

  /** What the processes wrote, for the message of a failure. */
  get story(): string {
    const tail = (text: string): string => text.split('\n').slice(-25).join('\n');
    const agent = this.#agent === null ? '' : `\nagent:\n${tail(this.#agent.output())}`;
    return `control plane:\n${tail(this.#controlPlane?.output() ?? '')}${agent}`;
  }

  async remove(): Promise<void> {
    const others = [...this.#others.values()].map(({ program }) => program.stop());
    await Promise.all([this.#agent?.stop(), this.#controlPlane?.stop(), ...others]);
    await this.units.remove();
    rmSync(this.units.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
