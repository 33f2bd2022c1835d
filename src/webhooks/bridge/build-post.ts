// The POST of one attempt: body with the links of this moment, headers and signature. Everything that is not in the log is resolved here.
import type { Sealer } from '../../runtime/seal.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import { openHeaders, openUrl, secretsContext } from '../endpoints/sealed-settings.ts'
import type { SendingEndpoint } from '../endpoints/sending-endpoint.ts'
import { signDelivery } from './sign-delivery.ts'

export type Links = { link(eventId: string, kind: 'file' | 'thumbnail'): string }
type Linked = Pick<Released, 'body' | 'mediaEventId' | 'hasThumbnail'>
/** What of a delivery its POST is made of. */
type Sent = Linked & Pick<Released, 'deliveryId' | 'endpointId'>
export type PostContext = { sealer: Sealer; links: Links; version: string; clock: () => number }

export function buildPost(
  deps: PostContext,
  of: { delivery: Sent; endpoint: SendingEndpoint; attempt: number; skipped: number },
): { url: string; headers: Record<string, string>; body: string } {
  const { delivery, endpoint } = of
  const body = withLinks(delivery, deps.links)
  const timestampSeconds = Math.floor(deps.clock() / 1000)
  const secrets = endpoint.secretsSealed.map(sealed =>
    deps.sealer.open(sealed, secretsContext(delivery.endpointId)).toString('utf8'),
  )
  const custom = Object.entries(openHeaders(deps.sealer, delivery.endpointId, endpoint.headersSealed) ?? {})
  return {
    url: openUrl(deps.sealer, delivery.endpointId, { sealed: endpoint.urlSealed, plain: endpoint.plainUrl }),
    body,
    headers: {
      'user-agent': `zaplog/${deps.version}`,
      ...Object.fromEntries(custom.map(([name, value]) => [name.toLowerCase(), value])),
      'content-type': 'application/json',
      'webhook-id': delivery.deliveryId,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signDelivery({ webhookId: delivery.deliveryId, timestampSeconds, body, secrets }),
      'zaplog-attempt': String(of.attempt),
      ...(of.skipped > 0 && { 'zaplog-skipped': String(of.skipped) }),
    },
  }
}

/** The stable link, also before the file is there: it answers once it is. The same bytes at every attempt. */
export function withLinks(delivery: Linked, links: Links): string {
  const { mediaEventId } = delivery
  if (mediaEventId == null) return delivery.body
  const body: { data: { media?: Record<string, unknown> } } = JSON.parse(delivery.body)
  if (body.data.media === undefined) return delivery.body
  const { status, reason, ...known } = body.data.media
  const media = {
    status,
    ...(reason !== undefined && { reason }),
    url: links.link(mediaEventId, 'file'),
    ...known,
    ...(delivery.hasThumbnail && { thumbnailUrl: links.link(mediaEventId, 'thumbnail') }),
  }
  return JSON.stringify({ ...body, data: { ...body.data, media } })
}
