// What may be asked about groups over HTTP: each call as the command that is kept of it, and what is refused before it is one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askCommand } from '../../src/instances/commands.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { anEvent, somebody, somebodyElse, us } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
let projection: { close(): Promise<void> }
const groupOf = (nth: number) => `12036300000000000${nth}@g.us`
const [ours, theirs, locked, left, deleted, unknown, made] = [1, 2, 3, 4, 5, 6, 7].map(groupOf) as [
  ...[string, string, string, string, string, string, string],
]
const image = Buffer.from('ffd8ffe000044a46ffc0000b080280028001011100', 'hex').toString('base64')

beforeAll(async () => {
  api = await openTestApi('api-groups-actions', logger)
  projection = await projectEvents(api, logger)
  for (const id of ['shop', 'empty', 'out']) await api.call('POST', '/v1/instances', { body: { id, name: id } })
  const group = (groupId: string, role: string | null, more: object = {}) => {
    const own = { id: us.lid, pn: us.pn, role }
    const participants = [own, { id: somebody.lid, pn: somebody.pn, role: 'admin' }]
    return anEvent('group.updated', { groupId, chatId: groupId, participants, ...more })
  }
  await tellApi(api, [
    anEvent('instance.paired', { instanceId: 'shop' }),
    group(ours, 'superadmin'),
    group(theirs, null, { memberAdd: true }),
    group(locked, null, { restrict: true, memberAdd: false }),
    group(left, 'admin'),
    anEvent('group.participants-changed', {
      ...{ groupId: left, chatId: left, action: 'leave' },
      participants: [{ id: us.lid, pn: us.pn }],
    }),
    group(deleted, 'admin', { deleted: true }),
    anEvent('instance.state-changed', { instanceId: 'out', state: 'logged-out', reason: null, reasonText: null }),
  ])
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

const call = (method: string, path: string, body?: unknown, id = 'shop') =>
  api.call(method, `/v1/instances/${id}/groups${path}`, body === undefined ? {} : { body })
const people = { participants: ['+55 11 90000-0001', somebodyElse.lid] }
const asKept = { participants: [somebody.pn, somebodyElse.lid] }

async function kept(commandId: unknown) {
  const [row] = await api.database.query<{ operation: string; chat_id: string; body: unknown }>(
    'select operation, chat_id, body from commands where command_id = $1',
    [commandId],
  )
  return row
}

test.each([
  ['POST', '/120363000000000001/leave', undefined, 'group.leave', {}],
  ['POST', `/${ours}/refresh`, undefined, 'group.refresh', {}],
  [
    'PATCH',
    `/${ours}`,
    { subject: ` ${'a'.repeat(100)}\n`, memberAdd: false },
    'group.update',
    { subject: 'a'.repeat(100), memberAdd: false },
  ],
  ['PATCH', `/${ours}`, { description: '', expiresInSeconds: 0 }, 'group.update', { description: '', expiresInSeconds: 0 }],
  ['PUT', `/${ours}/picture`, { image }, 'group.set-picture', { image }],
  ['DELETE', `/${ours}/picture`, undefined, 'group.set-picture', { image: null }],
  [
    'POST',
    `/${ours}/participants`,
    { action: 'remove', ...people },
    'group.change-participants',
    { action: 'remove', ...asKept },
  ],
  ['POST', `/${ours}/invite-link`, undefined, 'group.read-invite-link', {}],
  ['DELETE', `/${ours}/invite-link`, undefined, 'group.revoke-invite-link', {}],
  ['POST', `/${ours}/join-requests/refresh`, undefined, 'group.read-join-requests', {}],
  [
    'POST',
    `/${ours}/join-requests`,
    { action: 'reject', ...people },
    'group.answer-join-requests',
    { action: 'reject', ...asKept },
  ],
] as const)('[F1] %s %s %j is kept as %s, in the group’s turn', async (method, path, body, operation, fields) => {
  const { status, json } = await call(method, path, body)
  expect([status, json]).toMatchObject([202, { commandId: expect.any(String), idempotencyKey: expect.any(String) }])
  expect(await kept(json.commandId)).toEqual({ operation, chat_id: ours, body: { groupId: ours, ...fields } })
})

describe('what is of no group yet', () => {
  test('[F1] a new one is kept with the moment that it was asked for, as such a group that is older is another one', async () => {
    const { json } = await call('POST', '', { subject: 'Excursão', ...people, description: 'Sábado' })
    const body = { subject: 'Excursão', ...asKept, description: 'Sábado', askedAt: api.clock.nowAt }
    expect(await kept(json.commandId)).toEqual({ operation: 'group.create', chat_id: '', body })
  })

  test.each([
    'AbCdEfGhIj0123456789xy',
    'https://chat.whatsapp.com/AbCdEfGhIj0123456789xy',
    'chat.whatsapp.com/invite/AbCdEfGhIj0123456789xy?mode=x',
  ])('[F1] one is joined by %s', async invite => {
    const { json } = await call('POST', '/join', { invite })
    const body = { invite: 'AbCdEfGhIj0123456789xy' }
    expect(await kept(json.commandId)).toEqual({ operation: 'group.join', chat_id: '', body })
  })
})

const many = (count: number) => Array.from({ length: count }, (_, nth) => `5511900${String(nth).padStart(6, '0')}`)

describe('what cannot be done', () => {
  test.each([
    ['POST', '', '/subject', { subject: '', ...people }],
    ['POST', '', '/subject', { subject: ' \n', ...people }],
    ['POST', '', '/subject', { subject: 'a'.repeat(101), ...people }],
    ['POST', '', '/participants', { subject: 'x', participants: [] }],
    ['POST', '', '/participants', { subject: 'x', participants: many(1_024) }],
    ['POST', '', '/participants/0', { subject: 'x', participants: ['Ana'] }],
    ['POST', '', '/participants/0', { subject: 'x', participants: [groupOf(1)] }],
    ['POST', '', '/colour', { subject: 'x', ...people, colour: 'red' }],
    ['POST', '/join', '/invite', { invite: 'https://example.com/AbCdEfGhIj0123456789xy' }],
    ['PATCH', `/${ours}`, '', {}],
    ['PATCH', `/${ours}`, '/subject', { subject: 'a'.repeat(101) }],
    ['PATCH', `/${ours}`, '/description', { description: 'a'.repeat(2_049) }],
    ['PATCH', `/${ours}`, '/expiresInSeconds', { expiresInSeconds: 60 }],
    ['PATCH', `/${ours}`, '/announce', { announce: 'yes' }],
    ['PUT', `/${ours}/picture`, '/image', { image: Buffer.from('GIF89a').toString('base64') }],
    ['PUT', `/${ours}/picture`, '/image', { image: 'not base64!' }],
    ['PUT', `/${ours}/picture`, '/image', { image: Buffer.from('ffd8ffe000104a464946', 'hex').toString('base64') }],
    ['PUT', `/${ours}/picture`, '/image', { image: `/9j/${'A'.repeat(250_000)}` }],
    ['POST', `/${ours}/participants`, '/participants', { action: 'add', participants: many(1_025) }],
    ['POST', `/${ours}/participants`, '/action', { action: 'ban', ...people }],
    ['POST', `/${ours}/join-requests`, '/action', { action: 'add', ...people }],
  ] as const)('[F1] [I3] %s %s: what is wrong is 422 and named: "%s"', async (method, path, pointer, body) => {
    expect((await call(method, path, body)).json).toMatchObject({ status: 422, errors: [{ pointer }] })
  })

  test.each(['Ana', somebody.pn, '120363@newsletter'])('[I3] %s is no group: 422', async jid => {
    expect((await call('POST', `/${jid}/leave`)).json).toMatchObject({
      status: 422,
      errors: [{ parameter: 'jid', received: jid }],
    })
  })

  test.each([
    ['POST', `/${unknown}/leave`, undefined, 404, 'group-not-found'],
    ['POST', `/${unknown}/refresh`, undefined, 404, 'group-not-found'],
    ['PATCH', `/${deleted}`, { subject: 'x' }, 404, 'group-not-found'],
    ['POST', `/${left}/leave`, undefined, 409, 'not-in-group'],
    ['POST', `/${left}/invite-link`, undefined, 409, 'not-in-group'],
    ['POST', `/${theirs}/participants`, { action: 'promote', ...people }, 409, 'not-group-admin'],
    ['PATCH', `/${theirs}`, { subject: 'x', announce: true }, 409, 'not-group-admin'],
    ['PATCH', `/${locked}`, { subject: 'x' }, 409, 'not-group-admin'],
    ['PUT', `/${locked}/picture`, { image }, 409, 'not-group-admin'],
    ['POST', `/${locked}/participants`, { action: 'add', ...people }, 409, 'not-group-admin'],
    ['DELETE', `/${theirs}/invite-link`, undefined, 409, 'not-group-admin'],
    ['POST', `/${theirs}/join-requests/refresh`, undefined, 409, 'not-group-admin'],
  ] as const)('[F1] %s %s %j, as the read model has the group, is %i %s', async (method, path, body, status, slug) => {
    expect((await call(method, path, body)).json).toMatchObject({ status, type: `urn:zaplog:problem:${slug}` })
  })

  test.each([
    ['POST', `/${left}/refresh`, undefined],
    ['PATCH', `/${theirs}`, { subject: 'x', expiresInSeconds: 0 }],
    ['POST', `/${theirs}/participants`, { action: 'add', ...people }],
    ['POST', `/${theirs}/invite-link`, undefined],
  ] as const)('[F1] %s %s %j needs no admin', async (method, path, body) => {
    expect((await call(method, path, body)).status).toBe(202)
  })

  test('[F1] for an account that is logged out nothing is taken, nor for one that there is not', async () => {
    const body = { subject: 'x', ...people }
    expect((await call('POST', '', body, 'out')).json.type).toBe('urn:zaplog:problem:instance-logged-out')
    expect((await call('POST', '', body, 'nobody')).json.type).toBe('urn:zaplog:problem:instance-not-found')
  })

  test('[F1] of an account whose groups nobody told yet any group is taken, and a group that a command made at once', async () => {
    expect((await call('POST', `/${unknown}/leave`, undefined, 'empty')).status).toBe(202)
    expect((await call('POST', `/${made}/leave`)).status).toBe(404)
    const ids = { commandId: 'made', eventId: 'made', messageId: '' }
    const asked = { ...ids, instanceId: 'shop', digest: 'aa', operation: 'group.create', chatId: '', body: {} }
    await askCommand(api.database, { ...asked, askedAt: api.clock.nowAt, expiresAt: api.clock.nowAt + 1000 })
    const outcome = { type: 'command.completed', at: 1, saidAt: null, result: JSON.stringify({ groupId: made }) }
    await api.database.query(
      `update commands set state = 'completed', ended_at = now(), outcome = $1 where command_id = 'made'`,
      [JSON.stringify(outcome)],
    )
    expect((await call('POST', `/${made}/leave`)).status).toBe(202)
  })
})
