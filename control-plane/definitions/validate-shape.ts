/** Which fields belong to which type of workflow (orchestration 2.2). */
import type { LongWorkflow } from './long-form.ts';
import { hasPhases } from './phases.ts';
import type { Report } from './problem.ts';
import type { Reports } from './validate-settings.ts';

type Type = LongWorkflow['type'];
type Field = Exclude<keyof LongWorkflow, 'description' | 'type' | 'draft' | 'inputs'>;

const ONE_PHASE: readonly Type[] = ['basic', 'rolling', 'blue-green'];
const MANY_PHASES: readonly Type[] = ['canary', 'multi-service'];
const DEPLOYING: readonly Type[] = [...ONE_PHASE, ...MANY_PHASES];

const ALLOWED: Readonly<Record<Field, readonly Type[]>> = {
  service: DEPLOYING,
  environment: DEPLOYING,
  infrastructure: DEPLOYING,
  serviceVariables: DEPLOYING,
  onFailure: DEPLOYING,
  concurrency: DEPLOYING,
  phases: MANY_PHASES,
  before: MANY_PHASES,
  after: MANY_PHASES,
  hosts: ['basic'],
  swap: ['blue-green'],
  batch: ['rolling'],
  verify: ONE_PHASE,
  sections: [...ONE_PHASE, 'build'],
  rollback: ONE_PHASE,
  collect: ['build'],
};

export function validateShape(spec: LongWorkflow, { report, missing }: Reports): void {
  for (const field of Object.keys(ALLOWED) as readonly Field[]) {
    if (spec[field] === undefined || ALLOWED[field].includes(spec.type)) continue;
    const { reason, mend } = whyNot(field, spec.type);
    report([field], reason, mend, 'key');
  }
  if (hasPhases(spec)) validatePhases(spec, report, missing);
}

function whyNot(field: Field, type: Type): { readonly reason: string; readonly mend: string } {
  const article = /^[aeiou]/.test(type) ? 'an' : 'a';
  if (type === 'build') {
    const reason = `a build workflow has no ${field}: it builds and collects, and deploys nothing`;
    return { reason, mend: `Remove ${field}, or write another type.` };
  }
  if (field === 'hosts' && type === 'rolling') {
    const reason = 'a rolling workflow goes over every host of the infrastructure';
    return { reason, mend: 'Write batch: for how many at a time.' };
  }
  if (field === 'batch') {
    return {
      reason: 'batches belong to rolling workflows',
      mend: 'Write type: rolling, or hosts: instead of batch:.',
    };
  }
  if (field === 'phases') {
    const reason = `${article} ${type} workflow has one phase`;
    return { reason, mend: 'Write its sections, hosts and verify in the workflow, or type: canary.' };
  }
  if (field === 'before' || field === 'after') {
    const reason = `${article} ${type} workflow has no steps ${field} its deployment`;
    const mend = 'Move them to its first or last section, or write type: canary with one phase.';
    return { reason, mend };
  }
  if (field === 'hosts' && type === 'blue-green') {
    const reason = 'a blue-green workflow deploys to all that is not live';
    return { reason, mend: 'Remove hosts:.' };
  }
  if (field === 'swap') {
    return { reason: 'only a blue-green workflow swaps', mend: 'Remove swap, or write type: blue-green.' };
  }
  if (field === 'collect') {
    return { reason: 'builds are collected by build workflows', mend: 'Remove collect, or write type: build.' };
  }
  const reason = `in ${article} ${type} workflow each phase has its own ${field}`;
  return { reason, mend: `Move ${field} into the phases.` };
}

function validatePhases({ type, phases = [] }: LongWorkflow, report: Report, missing: Report): void {
  if (phases.length === 0) {
    missing([], `the ${type} workflow has no phases`, 'Add phases: with at least one.', 'key');
  }
  const names = new Set<string>();
  phases.forEach((phase, index) => {
    const name = phase.name ?? `Phase ${index + 1}`;
    if (names.has(name)) report(['phases', index], `two phases are called '${name}'`, 'Rename one of them.');
    names.add(name);
  });
  checkGrowth(phases, report);
}

/** Numbers of hosts are cumulative (orchestration 3.6): a phase with no more than an earlier one would get no host. */
function checkGrowth(phases: NonNullable<LongWorkflow['phases']>, report: Report): void {
  const most = new Map<string, { readonly number: number; readonly name: string; readonly written: string }>();
  phases.forEach(({ name, hosts, service = '', infrastructure = '' }, at) => {
    const written = /^(\d+(?:\.\d+)?)(%?)$/.exec(typeof hosts === 'string' ? hosts : '');
    if (written === null) return;
    const key = [service, infrastructure, written[2]].join('\n');
    const before = most.get(key);
    const number = Number(written[1]);
    if (before !== undefined && number <= before.number) {
      const reason = `the numbers of hosts are cumulative, and '${before.name}' has taken ${before.written} already`;
      report(['phases', at, 'hosts'], reason, `Write more than ${before.written}.`);
    } else most.set(key, { number, name: name ?? `Phase ${at + 1}`, written: written[0] });
  });
}
