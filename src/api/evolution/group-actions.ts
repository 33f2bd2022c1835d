// /group: what is asked of groups. Each is one of our calls, waited for, as its clients expect.
import { z } from 'zod'
import { chatAddress } from '../chat-address.ts'
import { askForMessage } from '../commands/ask-for.ts'
import type { App } from '../create-app.ts'
import { given, inTheirWords, optional } from '../dialect.ts'
import { parseInput, refuseFields } from '../invalid-input.ts'
import { doWaiting, type EvolutionDeps, type Given, routeCall } from './evolution-call.ts'
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
  if (said !== undefined) return parseInput(chatAddress, said, 'parameter')
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
      const made = await doWaiting(deps, call, { call: 'POST /groups', body })
      const jid = String(made?.groupId ?? '')
      if (promoteParticipants === true)
        await doWaiting(
          deps,
          { ...call, key: `${call.key} promote` },
          { call: 'POST /groups/:jid/participants', params: { jid }, body: { action: 'promote', participants } },
        )
      return {
        id: jid,
        subject,
        desc: description ?? null,
        size: participants.length + 1,
        participants: made?.participants ?? [],
      }
    },
  })
}

const settingsOf = {
  announcement: { announce: true },
  not_announcement: { announce: false },
  locked: { restrict: true },
  unlocked: { restrict: false },
} as const

type Change = {
  path: string
  said: z.ZodObject
  bodyOf(said: never): object
  answer: object
  names?: Readonly<Record<string, string>>
}
const changing = <Said extends z.ZodObject>(
  change: Omit<Change, 'bodyOf'> & { said: Said; bodyOf(said: z.infer<Said>): object },
): Change => change

const updated = { update: 'success' }
/** Of PATCH …/groups/{jid}. */
const changes: readonly Change[] = [
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
  for (const { path, said, bodyOf, answer, names } of changes)
    routeCall(scope, {
      ...{ method: 'POST', path: `group/${path}`, status: 201, query: ofQuery, body: said },
      answer: async call => {
        const params = { jid: groupOf({ ...call, body: ofQuery.parse(call.body) }) }
        await doWaiting(deps, call, { call: 'PATCH /groups/:jid', params, body: bodyOf(call.body as never) }, names)
        return answer
      },
    })
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

const outcomes = z.array(z.looseObject({ id: z.string(), code: z.string() }))
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
      const joined = await doWaiting(deps, call, asked, { '/invite': '/inviteCode' })
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
    body: z.object({ ...group, description: z.string(), numbers: z.array(z.string()).min(1).max(100) }),
    answer: async call => {
      const { description, numbers } = call.body
      const { url } = await linkOf(deps, call, groupOf(call))
      for (const [at, chatId] of numbers.entries()) {
        const asked = { chatId, kind: 'text', text: `${description}\n\n${url}` }
        const of = { instanceId: call.instanceId, key: `${call.key} ${at}`, asked }
        await inTheirWords({ '/chatId': `/numbers/${at}`, '/text': '/description' }, () => askForMessage(deps, of))
      }
      return { send: true, inviteUrl: url }
    },
  })
}
