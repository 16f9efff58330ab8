/** What the application layer uses of the definitions. */
export { applyFiles, foldChangeSets, readChangeSet } from './change-set.ts';
export type { Applied, ApplyOptions, Change, ChangeSet } from './change-set.ts';
export { applicationsOf, EMPTY_CATALOG, entitiesOf, findEntity, infrastructuresOf } from './catalog.ts';
export type { Catalog, Entity, EntityKind } from './catalog.ts';
export { definitionItems, explainCatalog, printDefinitions } from './explain.ts';
export type { DefinitionKind, Selection } from './explain.ts';
export { jsonSchema, jsonSchemaText } from './json-schema.ts';
export { buildPlan, requirements, unknownBuild } from './plan.ts';
export type { DeploymentRequest, Need, PlanRequest, PlanResult, Requirements } from './plan.ts';
export type { Problem, SourceFile } from './problem.ts';
export { serviceSource } from './artifact-source.ts';
