import { localTransport } from '@fairlead/agent/platforms/shell/local-transport.ts';
import { wrapperCases } from './wrapper-cases.ts';

wrapperCases('/bin/sh', localTransport());
