// The endpoints as they match now, read in the step's own transaction, so that a delivery names the version that matched it.
import type { Read } from '../../database/statement-parts.ts'
import { allEndpoints } from '../endpoints/endpoint-rows.ts'
import { currentVersion } from '../endpoints/endpoint-versions.ts'
import type { MatchingSettings } from './match-endpoint.ts'
import { wasTold } from './media-told.ts'

/** `holdMediaSeconds`: null until settled, 0 not held. Disabled endpoints match too: their deliveries wait. */
export type MatchingEndpoint = MatchingSettings & {
  endpointId: string
  version: number
  holdMediaSeconds: number | null
  mediaHoldsChat: boolean
}

/** Those that take anything of these instances, or were told of one of these files. */
export const readMatchingEndpoints = (instanceIds: Iterable<string>, files: readonly string[]): Read<MatchingEndpoint> => ({
  sql: `
    select e.endpoint_id as "endpointId", e.version, v.instance_ids as "instanceIds", v.event_types as "eventTypes",
           v.chats_include as "chatsInclude", v.chats_exclude as "chatsExclude",
           v.snapshots, v.hold_media_seconds as "holdMediaSeconds", v.media_holds_chat as "mediaHoldsChat"
      from ${allEndpoints} ${currentVersion('e')}
     where e.deleted_at is null and (v.instance_ids is null or v.instance_ids && array(select json_array_elements_text($1::json)) or ${wasTold('e.endpoint_id', '$2')})
     order by e.created_at, e.endpoint_id`,
  values: [JSON.stringify([...new Set(instanceIds)]), JSON.stringify(files)],
})
