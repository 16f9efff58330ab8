/** Steps that swap, in the words and units of the language. */
import { z } from 'zod';
import { duration, text } from './fields.ts';

const times = {
  healthyWithin: duration.describe('How long servers may take to be well, before they get traffic.'),
  drainFor: duration.describe('How long connections may take to end.'),
};

export const SWAP_STEPS = {
  'swap-traffic': {
    short: 'to',
    required: ['to'],
    fields: { to: text.describe('The group that is to be live.'), ...times },
  },
  balance: {
    short: 'traffic',
    required: ['traffic'],
    fields: { traffic: z.enum(['in', 'out']).describe('Out of the load balancer, or in again.'), ...times },
  },
  'swap-directories': {
    short: 'direction',
    required: ['direction'],
    fields: {
      direction: z.enum(['prepare', 'forward', 'back']).describe('Make what is missing, swap, or take a swap back.'),
      then: text.describe('A script that runs in the live directory after the swap.'),
      ...times,
    },
  },
} as const;
