// Every board that docker-compose's Grafana has, the one to begin with first.
import { account } from './account.ts'
import type { Board } from './board.ts'
import { instances } from './instances.ts'
import { log } from './log.ts'
import { media } from './media.ts'
import { overview } from './overview.ts'
import { projections } from './projections.ts'
import { webhooks } from './webhooks.ts'

export const boards: readonly Board[] = [overview, instances, account, media, webhooks, log, projections]
