// The endpoints as they match now, read in the projection's own transaction, so that a delivery names the version that matched it.
import type { Transaction } from '../../database/database.ts'
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
       from webhook_endpoints e join webhook_endpoint_versions v using (endpoint_id, version)
      where e.deleted_at is null order by e.created_at, e.endpoint_id`,
  )
}
