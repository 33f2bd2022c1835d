// What an endpoint can be set to: one schema for the API, its document and the table; every refusal says what is supported.
import { z } from 'zod'
import { chatForms, parseChatAddress } from '../../events/chat-address.ts'
import { exampleIds } from '../../events/example-ids.ts'
import { notByDefault } from '../../events/not-by-default.ts'
import { deliveryTypes, matchesPattern } from '../../events/vocabulary.ts'
import { type Allowances, isLoopback, refuseAddress, refuseInClear } from '../../runtime/address-guard.ts'
import { refuseWord, takesOnly } from '../../runtime/later-version.ts'
import { isShortened, shownUrl } from '../../runtime/printable.ts'

export type EndpointInput = z.infer<typeof endpointInput>
/** What stands against an input, as zod says it; `input` is what was judged, less credentials. */
export type Refusal = { issues: readonly z.core.$ZodIssue[]; input: unknown }

/** Types a client can ask for, also those that no delivery has yet. */
const subscribableTypes: readonly string[] = [...deliveryTypes.here, ...deliveryTypes.later]

const forbiddenHeaders =
  /^(webhook-.*|zaplog-.*|content-.*|proxy-.*|host|connection|transfer-encoding|keep-alive|upgrade|expect|te|trailer)$/

/** More than there are names and patterns. */
const MAX_TYPES = 200
const eventTypeName = z.string().refine(isTypeOrPattern, {
  error: `expected * or a pattern such as message.* or one of ${subscribableTypes.join(', ')}`,
})
const chatAddress = z.string().refine(text => parseChatAddress(text) !== null, { error: `expected ${chatForms}` })
const chats = z
  .strictObject({
    include: z.array(chatAddress).max(1000).optional().meta({ description: 'these alone; omitted: all' }),
    exclude: z.array(chatAddress).max(1000).optional().meta({ description: 'not these' }),
  })
  .meta({ title: 'EndpointChats' })
const headers = z
  .record(z.string(), z.string().max(4096))
  .refine(all => Object.keys(all).length <= 20, { error: 'expected at most 20 headers' })
  .check(context => {
    const names = new Map<string, string>()
    for (const [name, value] of Object.entries(context.value)) {
      const alike = names.get(name.toLowerCase())
      names.set(name.toLowerCase(), name)
      const problem =
        alike === undefined ? problemOfHeader(name, value) : `another name than ${alike}: headers do not differ by case`
      if (problem !== null) context.issues.push({ code: 'custom', message: problem, input: value, path: [name] })
    }
  })
const holdMediaError = 'expected seconds from 0 to 900 or until-settled'
const holdMedia = z.union(
  [z.number().int(holdMediaError).min(0, holdMediaError).max(900, holdMediaError), z.literal('until-settled')],
  holdMediaError,
)

const fields = z.strictObject({
  role: onlyValue('events', ['monitoring']).default('events').meta({ description: 'events: it is told what happens' }),
  url: z
    .string()
    .max(2048)
    .meta({ description: 'where each delivery is posted to: https, or http to what is inside WEBHOOK_ALLOW_CIDRS' }),
  instanceIds: z.array(z.string()).min(1).max(1000).optional().meta({ description: 'omitted: every instance' }),
  eventTypes: z
    .array(eventTypeName)
    .min(1)
    .max(MAX_TYPES)
    .optional()
    .meta({
      description: `names and patterns; omitted: all but ${notByDefault.join(', ')}. Patterns mean message.history and history.progressed with snapshots alone`,
    }),
  snapshots: z.boolean().default(false).meta({
    description: 'whether states that were told as a whole, as after a phone was linked, come too, and not only changes',
  }),
  chats: chats.optional().meta({ description: 'applies to what belongs to a chat; exclude wins' }),
  order: onlyValue('chat', ['instance', 'none']).default('chat').meta({ description: 'fixed at creation' }),
  format: onlyValue('zaplog', ['zapi', 'evolution', 'cloud-api', 'cloudevents'])
    .default('zaplog')
    .meta({ description: 'zaplog: {type, timestamp, data}' }),
  headers: headers.optional().meta({ description: 'sent with every attempt' }),
  holdMedia: holdMedia.optional().meta({ description: 'seconds a message waits for its media: 0..900 or until-settled' }),
  mediaHoldsChat: z.boolean().default(true).meta({ description: 'whether a held message holds the later ones of its chat' }),
  mediaUrls: onlyValue('link', ['presigned', 'public'])
    .default('link')
    .meta({ description: 'link: media.url is one that stays the same' }),
  onMediaFailed: onlyValue('send', ['hold'])
    .default('send')
    .meta({ description: 'send: a message whose file could not be had is sent, and says why' }),
  onSkipped: onlyValue('send', ['drop'])
    .default('send')
    .meta({ description: 'send: a message whose file is not fetched is sent all the same' }),
  rateLimit: nothing('attempts are not limited by time'),
  batch: nothing('each delivery is a request of its own'),
  maxAgeSeconds: nothing('deliveries do not expire'),
  enabled: z.boolean().default(true).meta({ description: 'false: nothing is sent, and what comes is kept' }),
})
export const endpointInput = fields.meta({
  examples: [
    { url: 'https://example.com/hook' },
    { url: 'https://example.com/hook', eventTypes: ['message.*', 'command.failed'], instanceIds: [exampleIds.instance] },
  ],
})

/** Only the address decides here; what its name resolves to is checked at each new connection. */
export function checkUrl(text: string, allowances: Allowances): Refusal | null {
  const refuse = (expected: string): Refusal => {
    const input = { url: shownUrl(text) }
    return { issues: [{ code: 'custom', path: ['url'], message: `expected ${expected}`, input: input.url }], input }
  }
  if (isShortened(text)) return refuse('the whole URL: answers show it without its query')
  if (!URL.canParse(text)) return refuse('a URL such as https://example.com/webhooks')
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const loopback = host === 'localhost' || host.endsWith('.localhost') || isLoopback(host)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('https')
  if (url.username !== '' || url.password !== '') return refuse('no user name or password in the URL; use a custom header')
  if (text.includes('#')) return refuse('no fragment: it would never be sent')
  if (loopback && !allowances.allowLoopback)
    return refuse('a public address, not one of this machine (WEBHOOK_ALLOW_LOOPBACK=true opens it)')
  const isInClear = url.protocol === 'http:'
  if (!isLiteral(host)) {
    if (!isInClear || loopback || allowances.allowCidrs.length > 0) return null
    return refuse('https; http goes to what is inside WEBHOOK_ALLOW_CIDRS, such as 172.16.0.0/12 for containers of one network')
  }
  const refusal = isInClear ? refuseInClear(host, allowances) : refuseAddress(host, allowances)
  if (refusal === null) return null
  const opens =
    refuseAddress(host, everything) === null ? ` (WEBHOOK_ALLOW_CIDRS=${host}/${host.includes(':') ? 128 : 32} opens it)` : ''
  return refuse(`${isInClear ? 'https, or an address that was opened' : 'a public address'}, not ${refusal}${opens}`)
}

/** All that settings can open. */
const everything: Allowances = { allowLoopback: true, allowCidrs: ['0.0.0.0/0', '::/0'] }

/** Of a chat as it was given, which the schema has taken; settings of earlier versions have some that it would not take any more. */
export const addressOf = (chat: string): string => parseChatAddress(chat) ?? chat

function isTypeOrPattern(name: string): boolean {
  return subscribableTypes.some(type => matchesPattern(name, type))
}

function problemOfHeader(name: string, value: string): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name)) return 'a header name of letters, digits and dashes'
  if (forbiddenHeaders.test(name.toLowerCase())) return 'a header that zaplog or the connection does not set itself'
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? null : 'a header value without line breaks and control characters'
}

/** Settings of which this version has one value: those of `later` are refused by that name. */
function onlyValue<const Value extends string>(value: Value, later: readonly string[]) {
  return z.literal(value, { error: refuseWord({ here: [value], later }) })
}

/** Fields of the contract that have no effect yet. */
function nothing(instead: string) {
  return z
    .null({ error: () => takesOnly(`nothing: ${instead}`) })
    .optional()
    .meta({ description: `not in this version: ${instead}` })
}

const isLiteral = (host: string) => /^[0-9.]+$/.test(host) || host.includes(':')
