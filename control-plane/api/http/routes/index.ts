/** The route table. */
import type { Route } from '../route.ts';
import { attemptRoutes } from './attempts.ts';
import { definitionRoutes } from './definitions.ts';
import { executionRoutes } from './executions.ts';
import { instanceRoutes } from './instances.ts';
import { holdRoutes } from './holds.ts';
import { steeringRoutes } from './steering.ts';
import { lockRoutes } from './locks.ts';
import { pipelineRoutes } from './pipelines.ts';
import { systemRoutes } from './system.ts';

export const ROUTES: readonly Route[] = [
  ...definitionRoutes,
  ...executionRoutes,
  ...steeringRoutes,
  ...pipelineRoutes,
  ...attemptRoutes,
  ...instanceRoutes,
  ...holdRoutes,
  ...lockRoutes,
  ...systemRoutes,
];
