// An endpoint as it is answered, from its rows: what was omitted is absent, and what it keeps secret is never shown again.
import { notYetEmitted } from '../../events/vocabulary.ts'
import { shownUrl } from '../../runtime/printable.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { allEndpoints } from './endpoint-rows.ts'
import { currentVersion, type SettingsRow, settingsColumns, unknownInstanceIds } from './endpoint-versions.ts'
import { openHeaders, openUrl } from './sealed-settings.ts'
import type { EndpointInput } from './settings.ts'
import { type EndpointStanding, type StandingRow, standingColumns, standingOf } from './show-standing.ts'

/** Values of headers, and the query of the URL, are not in it. */
export type Endpoint = Omit<EndpointInput, 'holdMedia' | 'headers'> &
  EndpointStanding & {
    id: string
    /** Sorted. */
    headerNames: readonly string[]
    holdMedia: number | 'until-settled'
    /** Of the types that it asks for, those that no delivery has yet; absent where there are none. */
    notYetEmitted?: readonly string[]
    /** Of `instanceIds`, those that no instance has; absent where there are none. */
    unknownInstanceIds?: readonly string[]
    /** Why, where it was not an operator's wish. */
    disabledReason?: string
    createdAt: string
  }

export type EndpointRow = StandingRow &
  SettingsRow & {
    endpoint_id: string
    version: number
    enabled: boolean
    disabled_reason: string | null
    created_at: Date
    unknown_instance_ids: string[] | null
  }
export const selectEndpoints = `select e.endpoint_id, e.version, e.enabled, e.disabled_reason, e.created_at, ${settingsColumns},
    ${unknownInstanceIds},
    ${standingColumns}
  from ${allEndpoints} ${currentVersion('e')}`

export function endpointOf(sealer: Sealer, row: EndpointRow): Endpoint {
  const { url, headers = {}, ...open } = inputOf(sealer, row)
  return {
    id: row.endpoint_id,
    ...open,
    ...laterTypes(row.event_types ?? []),
    url: shownUrl(url),
    headerNames: Object.keys(headers).toSorted(),
    ...(row.unknown_instance_ids !== null && { unknownInstanceIds: row.unknown_instance_ids }),
    ...(row.disabled_reason !== null && { disabledReason: row.disabled_reason }),
    ...standingOf(row),
    createdAt: row.created_at.toISOString(),
  }
}

/** Its settings as they were given, secrets included. */
export function inputOf(sealer: Sealer, row: EndpointRow): EndpointInput & { holdMedia: number | 'until-settled' } {
  const headers = openHeaders(sealer, row.endpoint_id, row.headers_sealed)
  return {
    role: 'events',
    url: openUrl(sealer, row.endpoint_id, { sealed: row.url_sealed, plain: row.url }),
    ...(row.instance_ids !== null && { instanceIds: row.instance_ids }),
    ...(row.event_types !== null && { eventTypes: row.event_types }),
    ...((row.chats_include !== null || row.chats_exclude !== null) && {
      chats: {
        ...(row.chats_include !== null && { include: row.chats_include }),
        ...(row.chats_exclude !== null && { exclude: row.chats_exclude }),
      },
    }),
    order: 'chat',
    format: 'zaplog',
    ...(headers !== null && { headers }),
    holdMedia: row.hold_media_seconds ?? 'until-settled',
    mediaHoldsChat: row.media_holds_chat,
    snapshots: row.snapshots,
    mediaUrls: 'link',
    onMediaFailed: 'send',
    onSkipped: 'send',
    enabled: row.enabled,
  }
}

export function laterTypes(eventTypes: readonly string[]): Pick<Endpoint, 'notYetEmitted'> {
  const types = notYetEmitted(eventTypes)
  return types.length === 0 ? {} : { notYetEmitted: types }
}
