// The connections to receivers: as many as there may be attempts in flight, so that nothing ever queues here while its deadline runs.
import { Agent, type Dispatcher } from 'undici'
import type { Config } from '../../runtime/config.ts'
import { createGuardedConnector } from '../../runtime/guarded-connector.ts'
import { skipInterimResponses } from './interim-responses.ts'

export const openDispatcher = (config: Config['webhooks']): Dispatcher =>
  new Agent({
    connect: createGuardedConnector({ allowances: config, opened: skipInterimResponses }),
    connections: config.maxInFlight,
    pipelining: 1,
    allowH2: false,
    headersTimeout: config.attemptTimeoutMs,
    bodyTimeout: config.attemptTimeoutMs,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 10_000,
    clientTtl: 60_000,
  })
