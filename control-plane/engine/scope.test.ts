import { describe, expect, it } from 'vitest';
import { resolveTemplate } from '@fairlead/proto/expressions/index.ts';
import { agentStep, hostNamed, onePhase, sectionPlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import type { Output } from './execution.ts';
import { scopeOfPhase, scopeOfTask } from './scope.ts';

const outputs = (
  name: string,
  owner: string,
  values: Output['values'],
  scope: Output['scope'] = 'WORKFLOW',
): Output => ({
  name,
  owner,
  scope,
  values,
});

function resolve(text: string, published: readonly Output[] = [], more: Parameters<typeof onePhase>[1] = {}): unknown {
  const { execution } = new Play(onePhase([sectionPlan('s', [agentStep('a')])], more));
  const [run] = execution.runs;
  const [phase] = run?.phases ?? [];
  if (run === undefined || phase === undefined) throw new Error('no phase');
  const resolved = resolveTemplate(text, scopeOfPhase({ ...execution, outputs: published }, run, phase));
  return resolved.ok ? resolved.value : resolved.failures[0]?.message;
}

describe('a name', () => {
  it('is of the phase before the run, member by member', () => {
    const families = { env: { name: 'of the phase' } };
    expect(resolve('${env.name}', [], { phase: { families } })).toBe('of the phase');
    expect(resolve('${workflow.name}', [], { phase: { families } })).toBe('ship');
    expect(resolve('${env.name}', [], { phase: { families: { workflow: { x: 1 } } } })).toBe('prod');
  });

  it('of a family that is known must be one of its members', () => {
    expect(resolve('${env.x}')).toBe("column 7: env has no 'x'; it has name");
    expect(resolve('${workflow.variables.x}')).toContain("no 'x'");
  });

  it('that nobody knows is left for the shell', () => {
    expect(resolve('${HOME}')).toBe('${HOME}');
  });

  it('configured may hold expressions itself, also inside lists and families', () => {
    const families = { a: { b: { c: 'x-${env.name}' } }, list: ['${env.name}', 'two'] };
    expect(resolve('${a.b.c}', [], { phase: { families } })).toBe('x-prod');
    expect(resolve('${list}', [], { phase: { families } })).toContain('two');
    expect(resolve('${none}', [], { phase: { families: { none: null } } })).not.toBe('${none}');
  });

  it('of a build, or of who came, is never evaluated: others than the author chose it', () => {
    const artifact = { fileName: 'web-${env.name}.tgz', metadata: { branch: '${env.name}' } };
    const families = { artifact, rollbackArtifact: artifact, deploymentTriggeredBy: '${env.name}' };
    expect(resolve('${artifact.fileName}', [], { phase: { families } })).toBe('web-${env.name}.tgz');
    expect(resolve('${artifact.metadata.branch}', [], { phase: { families } })).toBe('${env.name}');
    expect(resolve('${rollbackArtifact.fileName}', [], { phase: { families } })).toBe('web-${env.name}.tgz');
    expect(resolve('${deploymentTriggeredBy}', [], { phase: { families } })).toBe('${env.name}');
  });

  it('of a secret is its reference', () => {
    const token = { parts: [{ late: 'secret', name: 'token' }] };
    expect(resolve('${token}', [], { phase: { families: { token } } })).toEqual(token);
  });
});

describe('a published value', () => {
  const facts = [outputs('facts', 'x1/run', { go: '${env.name}' })];

  it('is read by its name, with or without context, and never evaluated', () => {
    expect(resolve('${context.facts.go}', facts)).toBe('${env.name}');
    expect(resolve('${facts.go}', facts)).toBe('${env.name}');
  });

  it('that is not there fails who reads it', () => {
    expect(resolve('${context.facts.stop}', facts)).toContain("no 'stop'");
    expect(resolve('${context.other.go}', facts)).toContain("no 'other'");
  });

  it('of the phase comes before one of the run, and that before one of the pipeline', () => {
    const of = (owner: string) => outputs('facts', owner, { from: owner });
    const all = ['x1', 'x1/run', 'x1/run/p1.0'].map(of);
    expect(resolve('${context.facts.from}', all)).toBe('x1/run/p1.0');
    expect(resolve('${context.facts.from}', all.toReversed())).toBe('x1/run/p1.0');
    expect(resolve('${context.facts.from}', all.slice(0, 2))).toBe('x1/run');
    expect(resolve('${context.facts.from}', all.slice(0, 1))).toBe('x1');
  });

  it('of another phase or run is not there', () => {
    const others = [outputs('facts', 'x1/run/p2.0', { go: '1' }), outputs('facts', 'x1/other', { go: '1' })];
    expect(resolve('${context.facts.go}', others)).toContain("no 'facts'");
  });

  it('of the phase that a rollback undoes is there', () => {
    const { execution } = new Play(onePhase([sectionPlan('s', [agentStep('a')])]));
    const [run] = execution.runs;
    const [phase] = run?.phases ?? [];
    if (run === undefined || phase === undefined) throw new Error('no phase');
    const undoing = { ...phase, id: `${phase.id}.rollback`, kind: 'ROLLBACK', undoes: phase.id } as const;
    const published = { ...execution, outputs: [outputs('facts', phase.id, { go: '1' }, 'PHASE')] };
    const resolved = resolveTemplate('${context.facts.go}', scopeOfPhase(published, run, undoing));
    expect(resolved).toMatchObject({ ok: true, value: '1' });
  });
});

describe('the place of a task', () => {
  it('has an instance at a host only', () => {
    const step = agentStep('a');
    const { execution } = new Play(onePhase([sectionPlan('s', [step])]));
    const [run] = execution.runs;
    const [phase] = run?.phases ?? [];
    if (run === undefined || phase === undefined) throw new Error('no phase');
    const at = (host: ReturnType<typeof hostNamed> | null) =>
      resolveTemplate('${instance.name}', scopeOfTask(execution, { run, phase, step, host }));
    expect(at(hostNamed('h1'))).toMatchObject({ ok: true, value: 'h1' });
    expect(at(null)).not.toMatchObject({ ok: true, value: 'h1' });
  });
});
