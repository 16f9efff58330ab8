/** What people ask of an execution that has ended is refused for that alone: even where nothing else can be decided on it. */
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Event } from '../events.ts';
import type { Input } from '../inputs.ts';

/** Nothing for what is told rather than asked. */
export function refuseEnded({ input }: Input, at: number): readonly Event[] {
  switch (input) {
    case 'abort':
    case 'pause':
    case 'resume':
    case 'intervene':
    case 'approve':
    case 'giveInputs':
    case 'rollback':
      return [{ event: 'InputRejected', input, failure: failure('ILLEGAL_STATE', 'it has ended already'), at }];
    case 'start':
    case 'driverChanged':
    case 'tick':
    case 'agentChosen':
    case 'noAgent':
    case 'released':
    case 'starting':
    case 'checkpoint':
    case 'finished':
    case 'agentLost':
    case 'agentBack':
    case 'outcomeFound':
    case 'lockAnswered':
    case 'lockReleased':
    case 'permitsAnswered':
    case 'permitsReleased':
    case 'runPlanned':
    case 'runUnplannable':
    case 'othersRejected':
    case 'holdWritten':
    case 'summaryWritten':
      return [];
  }
}
