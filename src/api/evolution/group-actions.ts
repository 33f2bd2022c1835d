// /group: what is asked of groups. Each is one of our calls, waited for, as its clients expect.
import { z } from 'zod'
import { chatId, groupId } from '../../events/command-bodies/addresses.ts'
import { askForMessage } from '../commands/ask-for.ts'
import type { App } from '../create-app.ts'
import { given, inTheirWords, optional, waitingFor } from '../dialect.ts'
import { readInstance } from '../instances/read-instances.ts'
import { parseInput, refuseFields } from '../invalid-input.ts'
import { Problem } from '../problems.ts'
import { doWaiting, type EvolutionDeps, type Given, routeCall } from './evolution-call.ts'
import { numberBeside } from './group-calls.ts'
import { refused } from './send-bodies.ts'

/** It comes in the body or in the query, with or without @g.us. */
const group = { groupJid: optional(z.string()) }
const ofQuery = z.object(group)

export function routeGroupActions(scope: App, deps: EvolutionDeps): void {
  routeCreate(scope, deps)
  routeChanges(scope, deps)
  routePeople(scope, deps)
  routeInvites(scope, deps)
  routeSendInvite(scope, deps)
}

type OfGroup = Given<{ groupJid?: string | undefined }, { groupJid?: string | undefined }>

/** Throws Problem. */
function groupOf({ body, query }: OfGroup): string {
  const said = body.groupJid ?? query.groupJid
  if (said !== undefined) return parseInput(z.object({ groupJid: groupId }), { groupJid: said }, 'parameter').groupJid
  throw refuseFields('parameter', [
    { parameter: 'groupJid', expected: 'a group, such as 120363000000000001@g.us', received: 'nothing' },
  ])
}

function routeCreate(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'POST', path: 'group/create', status: 201 },
    body: z.object({
      ...{ subject: z.string(), participants: z.array(z.string()), description: optional(z.string()) },
      promoteParticipants: optional(z.boolean()),
      profilePicture: refused('POST /group/updateGroupPicture gives it one'),
    }),
    answer: async call => {
      const { subject, participants, description, promoteParticipants } = call.body
      const body = { subject, participants, ...given({ description }) }
      const until = waitingFor(call.reply, deps)
      const made = await doWaiting(deps, call, { call: 'POST /groups', body, until })
      const jid = String(made?.groupId ?? '')
      if (promoteParticipants === true) await promote(deps, call, { jid, participants, until })
      const people = await peopleOf(deps, call.instanceId, { people: outcomes.parse(made?.participants), promoteParticipants })
      return {
        id: jid,
        subject,
        desc: description ?? null,
        size: people.length,
        owner: people[0]?.id ?? null,
        participants: people,
      }
    },
  })
}

type Made = { people: readonly z.infer<typeof outcome>[]; promoteParticipants?: boolean | undefined }

/** The account, whose group it is, and who is in it beside it. */
async function peopleOf({ database }: EvolutionDeps, instanceId: string, { people, promoteParticipants }: Made) {
  const { lid, phone } = await readInstance(database, instanceId)
  const pn = phone === null ? null : `${phone}@s.whatsapp.net`
  const id = lid ?? pn
  const others = people.filter(({ status }) => status === 'done')
  const admin = promoteParticipants === true ? 'admin' : null
  return [
    ...(id === null ? [] : [{ id, ...numberBeside({ id, pn }), admin: 'superadmin' }]),
    ...others.map(one => ({ id: one.id, ...numberBeside(one), admin })),
  ]
}

type Promotion = { jid: string; participants: readonly string[]; until: AbortSignal }

/** Whoever hears that it was not done hears that the group is there. */
async function promote(deps: EvolutionDeps, call: Given<unknown, unknown>, { jid, participants, until }: Promotion) {
  const asked = { call: 'POST /groups/:jid/participants', params: { jid }, body: { action: 'promote', participants }, until }
  await doWaiting(deps, { ...call, key: `${call.key}\npromote` }, asked).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error
    throw new Problem(error.code, `group ${jid} is made; making its people admins: ${error.message}`, { cause: error })
  })
}

const settingsOf = {
  announcement: { announce: true },
  not_announcement: { announce: false },
  locked: { restrict: true },
  unlocked: { restrict: false },
} as const

type Change<Said extends z.ZodObject> = {
  path: string
  said: Said
  bodyOf(said: z.infer<Said>): object
  answer: object
  names?: Readonly<Record<string, string>>
}
const changing =
  <Said extends z.ZodObject>({ path, said, bodyOf, answer, names = {} }: Change<Said>) =>
  (scope: App, deps: EvolutionDeps): void =>
    routeCall(scope, {
      ...{ method: 'POST', path: `group/${path}`, status: 201, query: ofQuery, body: said },
      answer: async call => {
        const params = { jid: groupOf({ ...call, body: ofQuery.parse(call.body) }) }
        const asked = { call: 'PATCH /groups/:jid', params, body: bodyOf(call.body) }
        await doWaiting(deps, call, { ...asked, names: { ...names, '/jid': '/groupJid' } })
        return answer
      },
    })

const updated = { update: 'success' }
/** Of PATCH …/groups/{jid}. */
const changes = [
  changing({
    ...{ path: 'updateGroupSubject', answer: updated, said: z.object({ ...group, subject: z.string() }) },
    bodyOf: ({ subject }) => ({ subject }),
  }),
  changing({
    ...{ path: 'updateGroupDescription', answer: updated, said: z.object({ ...group, description: z.string() }) },
    bodyOf: ({ description }) => ({ description }),
  }),
  changing({
    ...{ path: 'updateSetting', answer: { updateSetting: 'success' } },
    said: z.object({ ...group, action: z.enum(['announcement', 'not_announcement', 'locked', 'unlocked']) }),
    bodyOf: ({ action }) => settingsOf[action],
  }),
  changing({
    ...{ path: 'toggleEphemeral', answer: { success: true }, said: z.object({ ...group, expiration: z.number() }) },
    bodyOf: ({ expiration }) => ({ expiresInSeconds: expiration }),
    names: { '/expiresInSeconds': '/expiration' },
  }),
]

function routeChanges(scope: App, deps: EvolutionDeps) {
  for (const route of changes) route(scope, deps)
  routeCall(scope, {
    ...{ method: 'POST', path: 'group/updateGroupPicture', status: 201, query: ofQuery },
    body: z.object({ ...group, image: z.string() }),
    answer: async call => {
      const image = call.body.image.replace(/^data:[^,]*,/, '')
      const asked = { call: 'PUT /groups/:jid/picture', params: { jid: groupOf(call) }, body: { image } }
      await doWaiting(deps, call, asked)
      return updated
    },
  })
}

function routePeople(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'POST', path: 'group/updateParticipant', status: 201, query: ofQuery },
    body: z.object({ ...group, action: z.enum(['add', 'remove', 'promote', 'demote']), participants: z.array(z.string()) }),
    answer: async call => {
      const { action, participants } = call.body
      const params = { jid: groupOf(call) }
      const asked = { call: 'POST /groups/:jid/participants', params, body: { action, participants } }
      const people = outcomes.parse((await doWaiting(deps, call, asked))?.participants)
      return { updateParticipants: people.map(({ id, code }) => ({ jid: id, status: code })) }
    },
  })
  routeCall(scope, {
    ...{ method: 'DELETE', path: 'group/leaveGroup', query: ofQuery, body: ofQuery },
    answer: async call => {
      const groupJid = groupOf(call)
      await doWaiting(deps, call, { call: 'POST /groups/:jid/leave', params: { jid: groupJid } })
      return { groupJid, leave: true }
    },
  })
}

const outcome = z.looseObject({ id: z.string(), pn: z.string().nullable(), code: z.string(), status: z.string() })
const outcomes = z.array(outcome)
const link = z.looseObject({ code: z.string(), url: z.string() })

function routeInvites(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'GET', path: 'group/inviteCode', query: ofQuery },
    answer: async call => {
      const { code, url } = await linkOf(deps, call, groupOf({ ...call, body: {} }))
      return { inviteUrl: url, inviteCode: code }
    },
  })
  routeCall(scope, {
    ...{ method: 'POST', path: 'group/revokeInviteCode', status: 201, query: ofQuery, body: ofQuery },
    answer: async call => {
      const asked = { call: 'DELETE /groups/:jid/invite-link', params: { jid: groupOf(call) } }
      return { revoked: true, inviteCode: link.parse(await doWaiting(deps, call, asked)).code }
    },
  })
  routeCall(scope, {
    ...{ method: 'GET', path: 'group/acceptInviteCode', query: z.object({ inviteCode: z.string() }) },
    answer: async call => {
      const asked = { call: 'POST /groups/join', body: { invite: call.query.inviteCode } }
      const joined = await doWaiting(deps, call, { ...asked, names: { '/invite': '/inviteCode' } })
      return { accepted: joined?.status === 'joined', groupJid: joined?.groupId }
    },
  })
}

const linkOf = async (deps: EvolutionDeps, call: Given<unknown, unknown>, jid: string) =>
  link.parse(await doWaiting(deps, call, { call: 'POST /groups/:jid/invite-link', params: { jid } }))

/** The link is a text to each: as many commands as there are numbers. */
function routeSendInvite(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'POST', path: 'group/sendInvite', query: ofQuery },
    body: z.object({ ...group, description: z.string(), numbers: z.array(chatId).min(1).max(100) }),
    answer: async call => {
      const { description, numbers } = call.body
      const { url } = await linkOf(deps, call, groupOf(call))
      for (const one of new Set(numbers)) {
        const asked = { chatId: one, kind: 'text', text: `${description}\n\n${url}` }
        const of = { instanceId: call.instanceId, key: `${call.key}\n${one}`, asked }
        await inTheirWords({ '/chatId': '/numbers', '/text': '/description' }, () => askForMessage(deps, of))
      }
      return { send: true, inviteUrl: url }
    },
  })
}
