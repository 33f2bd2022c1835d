import { afterAll, describe, expect, it } from 'vitest'
import { invalidInput } from '../../src/api/invalid-input.ts'
import type { Database } from '../../src/database/database.ts'
import { chatForms } from '../../src/events/chat-address.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { createSituationReader } from '../../src/webhooks/bridge/delivery-situation.ts'
import {
  createEndpoint,
  deleteEndpoint,
  endpointInput,
  getEndpoint,
  listEndpoints,
  patchEndpoint,
} from '../../src/webhooks/endpoints/endpoints.ts'
import { sealPlainUrls } from '../../src/webhooks/endpoints/seal-urls.ts'
import { openHeaders, openUrl } from '../../src/webhooks/endpoints/sealed-settings.ts'
import { openTestDatabase } from '../ground/database.ts'
import { endpointDeps, never } from '../ground/webhooks/open-stream.ts'

const test = await openTestDatabase('endpoints')
afterAll(() => test.close())
const deps = endpointDeps(test)
const logger = createLogger({ level: 'silent' })
const url = 'https://example.com/webhooks'
const create = async (given: object = {}) => {
  const created = await createEndpoint(deps, endpointInput.parse({ url, ...given }), never)
  if (!created.ok) throw new Error(JSON.stringify(created.issues))
  return created.endpoint
}
const refusals = (input: object) => {
  const parsed = endpointInput.safeParse(input)
  return parsed.success ? [] : invalidInput(parsed.error.issues, input, 'pointer').errors
}

describe('endpoints', () => {
  it('[E1] one is created with every default said, and its secret shown once', async () => {
    const { secret, ...endpoint } = await create()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(endpoint).toEqual({
      id: expect.stringMatching(/^ep_[0-9a-f]{24}$/),
      role: 'events',
      url,
      order: 'chat',
      snapshots: false,
      format: 'zaplog',
      holdMedia: 20,
      mediaHoldsChat: true,
      mediaUrls: 'link',
      onMediaFailed: 'send',
      onSkipped: 'send',
      enabled: true,
      headerNames: [],
      waiting: 0,
      deadLetters: 0,
      createdAt: expect.stringMatching(/Z$/),
    })
    expect(await getEndpoint(deps, endpoint.id)).toEqual(endpoint)
  })

  it('[I2] secrets, custom headers and URLs are sealed at rest, and no answer shows them again', async () => {
    const { id, secret } = await create({
      url: `${url}?token=sesame`,
      headers: { Authorization: 'Bearer sesame', 'x-a': 'sesame' },
    })
    const shown = await getEndpoint(deps, id)
    expect(shown).toMatchObject({ url: `${url}?…`, headerNames: ['Authorization', 'x-a'] })
    expect(JSON.stringify([shown, await listEndpoints(deps, { limit: 1 })])).not.toContain('sesame')
    const rows = await keptOf(id)
    expect(rows).toHaveLength(3)
    for (const { kept } of rows) expect(kept?.includes('sesame') || kept?.includes(secret)).toBe(false)
    expect(await sent(id)).toEqual({ url: `${url}?token=sesame`, headers: { Authorization: 'Bearer sesame', 'x-a': 'sesame' } })
  })

  it('[I2] a patch without headers keeps them, and the URL as it was answered is the one that is there', async () => {
    const { id } = await create({ url: `${url}?token=sesame`, headers: { 'x-a': '1' } })
    await patchEndpoint(deps, id, { holdMedia: 3, url: `${url}?…` }, never)
    expect(await sent(id)).toEqual({ url: `${url}?token=sesame`, headers: { 'x-a': '1' } })
    await patchEndpoint(deps, id, { url, headers: null }, never)
    expect(await sent(id)).toEqual({ url, headers: null })
    const shortened = { ok: false, issues: [{ path: ['url'], message: expect.stringContaining('the whole URL') }] }
    expect(await patchEndpoint(deps, id, { url: `${url}?…` }, never)).toMatchObject(shortened)
  })

  it('[I2] nothing secret is left of a deleted endpoint, in none of its versions', async () => {
    const { id } = await create({ headers: { 'x-a': '1' } })
    await patchEndpoint(deps, id, { url: `${url}/2` }, never)
    expect((await keptOf(id)).filter(row => row.kept !== null)).toHaveLength(5)
    expect(await deleteEndpoint(deps, id, never)).toBe(true)
    expect((await keptOf(id)).filter(row => row.kept !== null)).toEqual([])
  })

  it('[I2] URLs that 0.1.0 wrote in plain text are sent to meanwhile, and sealed by a start, also by one that was killed', async () => {
    const made = [await create({ headers: { 'x-a': '1' } }), await create(), await create()].map(one => one.id)
    await test.database.query(
      `update webhook_endpoint_versions set url = 'https://example.com/' || endpoint_id || '?token=sesame', url_sealed = null
        where endpoint_id = any ($1)`,
      [made],
    )
    const [first = ''] = made
    expect((await sent(first)).url).toBe(`https://example.com/${first}?token=sesame`)
    expect(await getEndpoint(deps, first)).toMatchObject({ url: `https://example.com/${first}?…` })
    const killed = new AbortController()
    const dying = { ...test.database, transact: killedAfter(test.database, 1, killed) }
    await expect(sealPlainUrls({ ...deps, database: dying, logger, batchRows: 1 }, killed.signal)).rejects.toThrow()
    expect(await plainOf(made)).toHaveLength(2)
    await Promise.all([1, 2].map(() => sealPlainUrls({ ...deps, logger, batchRows: 1 }, never)))
    expect(await plainOf(made)).toEqual([])
    for (const id of made) expect((await sent(id)).url).toBe(`https://example.com/${id}?token=sesame`)
  })

  it('[E1] a patch merges, null brings the default back, and only a change makes a version', async () => {
    const { id } = await create({
      instanceIds: ['shop'],
      eventTypes: ['message.*'],
      headers: { 'x-a': '1', 'x-b': '2' },
      holdMedia: 5,
    })
    const version = async () =>
      (await test.database.query<{ version: number }>('select version from webhook_endpoints where endpoint_id = $1', [id]))[0]
        ?.version
    expect(await patchEndpoint(deps, id, { holdMedia: 5 }, never)).toMatchObject({ ok: true })
    expect(await patchEndpoint(deps, id, { enabled: false }, never)).toMatchObject({ ok: true, endpoint: { enabled: false } })
    expect(await version()).toBe(1)
    const patch = {
      eventTypes: null,
      headers: { 'x-a': null, 'x-c': '3' },
      holdMedia: null,
      chats: { include: ['+55 11 90000-0001'] },
    }
    expect(await patchEndpoint(deps, id, patch, never)).toMatchObject({
      ok: true,
      endpoint: {
        instanceIds: ['shop'],
        headerNames: ['x-b', 'x-c'],
        holdMedia: 20,
        chats: { include: ['5511900000001@s.whatsapp.net'] },
        enabled: false,
      },
    })
    expect((await getEndpoint(deps, id))?.eventTypes).toBeUndefined()
    expect(await version()).toBe(2)
  })

  it('[E1] a patch is validated after merging, and a refused one changes nothing', async () => {
    const { id } = await create()
    const before = await getEndpoint(deps, id)
    expect(await patchEndpoint(deps, id, { order: 'none' }, never)).toMatchObject({
      ok: false,
      issues: [{ path: ['order'], message: 'not in this version, which takes chat' }],
      input: { order: 'none' },
    })
    expect(await patchEndpoint(deps, id, { url: 'https://10.0.0.1/' }, never)).toMatchObject({
      ok: false,
      issues: [{ path: ['url'] }],
    })
    expect(await patchEndpoint(deps, id, { url: null }, never)).toMatchObject({ ok: false, issues: [{ path: ['url'] }] })
    expect(await patchEndpoint(deps, id, { nonsense: 1 }, never)).toMatchObject({
      ok: false,
      issues: [{ keys: ['nonsense'] }],
    })
    expect(await getEndpoint(deps, id)).toEqual(before)
  })

  it('[E1] a list is newest first and goes page by page; deleted ones are gone', async () => {
    await test.database.query('update webhook_endpoints set deleted_at = now()')
    const made = [await create(), await create(), await create()].map(one => one.id)
    const first = await listEndpoints(deps, { limit: 2 })
    expect(first.data.map(one => one.id)).toEqual([made[2], made[1]])
    const second = await listEndpoints(deps, { limit: 2, cursor: first.nextCursor ?? '' })
    expect(second).toMatchObject({ data: [{ id: made[0] }], nextCursor: null })
    expect(await deleteEndpoint(deps, made[0] ?? '', never)).toBe(true)
    expect(await deleteEndpoint(deps, made[0] ?? '', never)).toBe(false)
    expect(await getEndpoint(deps, made[0] ?? '')).toBeNull()
    expect(await patchEndpoint(deps, made[0] ?? '', {}, never)).toBeNull()
    expect((await listEndpoints(deps, { limit: 50 })).data).toHaveLength(2)
  })
})

/** What is kept of it that may be secret. */
const keptOf = (id: string) =>
  test.database.query<{ kept: Buffer | null }>(
    `select sealed as kept from webhook_secrets where endpoint_id = $1
     union all select headers_sealed from webhook_endpoint_versions where endpoint_id = $1
     union all select coalesce(url_sealed, convert_to(url, 'UTF8')) from webhook_endpoint_versions where endpoint_id = $1`,
    [id],
  )

const plainOf = (ids: readonly string[]) =>
  test.database.query('select url from webhook_endpoint_versions where url is not null and endpoint_id = any ($1)', [ids])

/** Where the bridge would post to, and with which headers of the client. */
async function sent(id: string) {
  const { endpoint } = await createSituationReader(test.database)({
    deliveryId: 'none',
    endpointId: id,
    lane: 'none',
    instanceId: 'none',
  })
  if (endpoint === null) throw new Error(`${id} is not live`)
  const url = openUrl(deps.sealer, id, { sealed: endpoint.urlSealed, plain: endpoint.plainUrl })
  return { url, headers: openHeaders(deps.sealer, id, endpoint.headersSealed) }
}

/** As a process that dies after so many transactions. */
function killedAfter(database: Database, transactions: number, killed: AbortController): Database['transact'] {
  let done = 0
  return async (work, signal) => {
    if (done++ === transactions) killed.abort()
    signal.throwIfAborted()
    return database.transact(work, signal)
  }
}

describe('what an endpoint cannot be', () => {
  it('[E1] an unknown event type is refused with the names', () => {
    const [problem] = refusals({ url, eventTypes: ['message.received', 'mesage.sent'] })
    expect(problem).toMatchObject({ pointer: '/eventTypes/1', received: '"mesage.sent"' })
    expect(problem?.expected).toContain('message.received, message.sent')
    expect(problem?.expected).toContain('media.updated')
    expect(refusals({ url, eventTypes: ['message.*', 'media.*', '*', 'media.updated', 'instance.paired'] })).toEqual([])
    expect(refusals({ url, eventTypes: ['nothing.*'] })).toHaveLength(1)
    expect(refusals({ url, eventTypes: [] })).toHaveLength(1)
    expect(refusals({ url, eventTypes: ['delivery.released'] })).toHaveLength(1)
  })
  it.each([
    'webhook-id',
    'Webhook-Signature',
    'zaplog-attempt',
    'Host',
    'Content-Type',
    'connection',
    'Transfer-Encoding',
    'bad name',
    '',
  ])('[E1] header %j is refused', name => {
    expect(refusals({ url, headers: { [name]: 'value' } })).toHaveLength(1)
  })
  it('[E1] header values cannot smuggle lines, and are not repeated in the refusal', () => {
    const [problem] = refusals({ url, headers: { 'x-key': 'secret\r\nwebhook-id: forged' } })
    expect(problem).toMatchObject({ pointer: '/headers/x-key' })
    expect(JSON.stringify(problem)).not.toContain('secret')
  })
  it.each([-1, 901, 1.5, 'forever', '20'])('[E2] holdMedia %j is refused', holdMedia => {
    expect(refusals({ url, holdMedia })).toEqual([
      { pointer: '/holdMedia', expected: 'seconds from 0 to 900 or until-settled', received: JSON.stringify(holdMedia) },
    ])
  })
  it.each([0, 1, 900, 'until-settled'])('[E2] holdMedia %j is taken', holdMedia => {
    expect(refusals({ url, holdMedia })).toEqual([])
  })
  it('[E1] what this version does not support is refused by name', () => {
    for (const [name, value] of Object.entries({
      order: 'instance',
      format: 'zapi',
      mediaUrls: 'presigned',
      onMediaFailed: 'hold',
      role: 'monitoring',
    }))
      expect(refusals({ url, [name]: value })).toMatchObject([{ pointer: `/${name}`, received: JSON.stringify(value) }])
    expect(refusals({ url, batch: {} })).toEqual([
      { pointer: '/batch', expected: 'nothing: each delivery is a request of its own', received: '{}' },
    ])
  })
  it('[E1] chats are phone numbers or JIDs', () => {
    const include = ['5511900000001', '+55 11 90000-0001', '100000000000001@lid', '120363000000000001@g.us']
    expect(refusals({ url, chats: { include } })).toEqual([])
    expect(refusals({ url, chats: { include: ['somebody'] } })).toEqual([
      { pointer: '/chats/include/0', expected: chatForms, received: '"somebody"' },
    ])
  })
})
