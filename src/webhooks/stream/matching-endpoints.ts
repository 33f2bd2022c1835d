// The endpoints as they match now, read in the projection's own transaction, so that a delivery names the version that matched it.
import type { Transaction } from '../../database/database.ts'
import { allEndpoints } from '../endpoints/endpoint-rows.ts'
import { currentVersion } from '../endpoints/endpoint-versions.ts'
import type { MatchingSettings } from './match-endpoint.ts'

/** `holdMediaSeconds`: null until settled, 0 not held. Disabled endpoints match too: their deliveries wait. */
export type MatchingEndpoint = MatchingSettings & {
  endpointId: string
  version: number
  holdMediaSeconds: number | null
  mediaHoldsChat: boolean
}

export async function readMatchingEndpoints(tx: Transaction): Promise<readonly MatchingEndpoint[]> {
  return tx.query<MatchingEndpoint>(
    `select e.endpoint_id as "endpointId", e.version, v.instance_ids as "instanceIds", v.event_types as "eventTypes",
            v.chats_include as "chatsInclude", v.chats_exclude as "chatsExclude",
            v.hold_media_seconds as "holdMediaSeconds", v.media_holds_chat as "mediaHoldsChat"
       from ${allEndpoints} ${currentVersion('e')}
      where e.deleted_at is null order by e.created_at, e.endpoint_id`,
  )
}
