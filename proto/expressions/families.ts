import { family, late, lateFamily, type Layer, type ScopeValue } from './scope.ts';

const instance = (path: string): ScopeValue => late({ late: 'instance', path });

const HOST_MEMBERS: Layer = {
  hostName: instance('host.hostName'),
  ip: instance('host.ip'),
  publicDns: instance('host.publicDns'),
  ec2Instance: lateFamily('instance', 'host.ec2Instance'),
  pcfElement: lateFamily('instance', 'host.pcfElement'),
  properties: lateFamily('instance', 'host.properties'),
};

/**
 * The target of the work, away from the agent (platforms 1.5). `host` is the older name of `instance.host`: both lead to
 * the same references.
 */
export const INSTANCE_FAMILIES: Layer = {
  instance: family(
    {
      name: instance('name'),
      hostName: instance('hostName'),
      dockerId: instance('dockerId'),
      host: family(HOST_MEMBERS, { closed: true }),
      EcsContainerDetails: lateFamily('instance', 'EcsContainerDetails'),
      ecsContainerDetails: lateFamily('instance', 'ecsContainerDetails'),
    },
    { closed: true },
  ),
  host: family(HOST_MEMBERS, { closed: true }),
};

/** The answer to the request of an HTTP step, away from the agent. */
export const RESPONSE_FAMILY: Layer = {
  httpResponseCode: late({ late: 'response', path: 'httpResponseCode' }),
  httpResponseMethod: late({ late: 'response', path: 'httpResponseMethod' }),
  httpResponseBody: late({ late: 'response', path: 'httpResponseBody' }),
};
