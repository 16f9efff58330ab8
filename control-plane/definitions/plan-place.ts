/** What steps that swap are told of the infrastructure they work on. */
import { failure } from '@fairlead/proto/model/failure.ts';
import { parseDuration } from '@fairlead/proto/model/duration.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { completeInfrastructure } from './complete.ts';
import { asJson, compact } from './json-values.ts';
import type { LongInfrastructure } from './long-form.ts';
import { planHost } from './plan-hosts.ts';
import type { StepContext } from './plan-steps.ts';

export interface PlacePlan {
  readonly infrastructure: string;
  readonly balancer: JsonObject | null;
  readonly groups: Readonly<Record<string, readonly string[]>> | null;
  readonly directories: { readonly live: string; readonly stage: string } | null;
  /** By which its swaps are known. */
  readonly mark: string;
}

export function planPlace(name: string, authored: LongInfrastructure, mark: string): PlacePlan {
  const { loadBalancer, groups, directories, login } = completeInfrastructure(authored);
  return {
    infrastructure: name,
    balancer:
      loadBalancer === undefined
        ? null
        : (asJson({
            product: 'HAPROXY',
            sockets: loadBalancer.haproxy,
            over: loadBalancer.over === undefined ? null : planHost(loadBalancer.over, login),
            backend: loadBalancer.backend,
            servers: loadBalancer.servers ?? {},
          }) as JsonObject), // Made of an object.
    groups: groups ?? null,
    directories: directories ?? null,
    mark,
  };
}

/** Parameters of a step that swaps; what the infrastructure lacks for it is told. */
export function swapParameters(key: string, authored: JsonObject, context: StepContext): Json {
  const { place } = context;
  const { healthyWithin, drainFor, publish: _, ...rest } = authored;
  const times = {
    healthyWithinMs: healthyWithin === undefined ? undefined : (parseDuration(String(healthyWithin)) ?? 0),
    drainForMs: drainFor === undefined ? undefined : (parseDuration(String(drainFor)) ?? 0),
  };
  const need = <T>(value: T | null | undefined, what: string, mend: string): T | undefined => {
    if (value !== null && value !== undefined) return value;
    const where =
      place === undefined ? 'here is no infrastructure' : `the infrastructure '${place.infrastructure}' has no ${what}`;
    context.failures.push(
      failure('INVALID_INPUT', `the step ${key} needs ${what}, and ${where}. ${mend}`, { field: 'infrastructure' }),
    );
    return undefined;
  };
  const balancer = (): JsonObject | undefined =>
    need(place?.balancer, 'loadBalancer', 'Add loadBalancer: { haproxy: unix:/run/haproxy/admin.sock, backend: … }.');
  const groups = (): Json | undefined => need(asGroups(place), 'groups', 'Add groups: { blue: [...], green: [...] }.');
  switch (key) {
    case 'idle-group':
      return known({ balancer: balancer(), groups: groups() });
    case 'swap-traffic':
      return known({ balancer: balancer(), groups: groups(), ...rest, ...times });
    case 'balance':
      return known({ balancer: balancer(), ...rest, ...times });
    default: {
      const directories = need(
        place?.directories,
        'directories',
        'Add directories: { live: /srv/web/live, stage: /srv/web/stage }.',
      );
      return known({
        ...rest,
        ...directories,
        ...times,
        mark: place?.mark ?? '-',
        balancer: place?.balancer ?? undefined,
      });
    }
  }
}

const asGroups = (place: PlacePlan | undefined): Json | null => (place?.groups == null ? null : asJson(place.groups));

const known = (values: Readonly<Record<string, Json | undefined>>): Json => compact(values) as JsonObject; // `compact` leaves out what is undefined.
