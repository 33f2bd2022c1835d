// What an account is asked to do about groups: each call is one command. Who is in a group and what it is are read at /groups; these change it.
import { z } from 'zod'
import { groupId } from '../../events/command-bodies/addresses.ts'
import { ana, exampleAt, exampleIds } from '../../events/example-ids.ts'
import { groupChanges, groupToMake, invite, peopleToAnswer, peopleToChange } from '../../events/operations/groups.ts'
import { examplePicture, picture } from '../../events/operations/picture.ts'
import type { BodyOf, Operation } from '../../events/operations.ts'
import { type ActionCall, type ActionDeps, routeAction } from '../commands/action-routes.ts'
import type { App } from '../create-app.ts'
import { link, outcomes, people, toMake } from './group-examples.ts'
import { demandRight, type Right } from './group-rights.ts'

const tag = 'groups'
const nothing = z.undefined()
const ofGroup = z.object({ jid: groupId.describe('the group’s id, with or without @g.us') })
const ofAccount = z.object({})

export function groupActionRoutes(app: App, deps: ActionDeps): void {
  routeNew(app, deps)
  routeWhole(app, deps)
  routePeople(app, deps)
  routeInvites(app, deps)
  routeJoinRequests(app, deps)
}

type OfGroup<Name extends Operation, Body extends z.ZodType> = Pick<
  ActionCall<Name, typeof ofGroup, Body>,
  'method' | 'summary' | 'operation' | 'body' | 'result'
> & {
  /** Behind the group. */
  path: string
  right(body: z.infer<Body>): Right
  keep(groupId: string, body: z.infer<Body>): BodyOf<Name>
}

function routeOfGroup<Name extends Operation, Body extends z.ZodType>(
  app: App,
  deps: ActionDeps,
  call: OfGroup<Name, Body>,
): void {
  const { method, path, summary, operation, body, result } = call
  routeAction(app, deps, {
    ...{ method, summary, operation, body, tag, url: `/groups/:jid${path}`, params: ofGroup },
    ...(result !== undefined && { result }),
    complete: async ({ instanceId, params: { jid }, body: asked }) => {
      await demandRight({ database: deps.database, instanceId, groupId: jid }, call.right(asked))
      return { body: call.keep(jid, asked), chatId: jid, notAfter: null }
    },
  })
}

function routeNew(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    ...{ method: 'POST', url: '/groups', tag, operation: 'group.create', params: ofAccount },
    summary: 'Make a group; the result has its id, and what became of each person',
    body: z.strictObject(groupToMake).meta({ examples: [toMake] }),
    result: { groupId: exampleIds.group, subject: toMake.subject, participants: outcomes, isDescribed: true },
    complete: async ({ body }) => ({ body: { ...body, askedAt: deps.clock() }, chatId: null, notAfter: null }),
  })
  routeAction(app, deps, {
    ...{ method: 'POST', url: '/groups/join', tag, operation: 'group.join', params: ofAccount },
    summary:
      'Join a group by its invite link; the result has its id, and says joined, or requested where an admin lets people in',
    body: z.strictObject({ invite }).meta({ examples: [{ invite: link.url }] }),
    result: { groupId: exampleIds.group, status: 'joined' },
    complete: async ({ body }) => ({ body, chatId: null, notAfter: null }),
  })
}

const changes = z.strictObject(groupChanges).check(({ value, issues }) => {
  if (Object.keys(value).length > 0) return
  issues.push({ code: 'custom', message: `expected one of ${Object.keys(groupChanges).join(', ')}`, input: value })
})
const toChange = [{ subject: 'Padaria: pedidos' }, { announce: true, joinApproval: true }, { description: '' }]
const forAdmins = ['announce', 'restrict', 'joinApproval', 'memberAdd'] as const

function routeWhole(app: App, deps: ActionDeps): void {
  routeOfGroup(app, deps, {
    ...{ method: 'PATCH', path: '', operation: 'group.update', body: changes.meta({ examples: toChange }) },
    result: { changed: ['subject'] },
    summary: 'Change what a group is called, says of itself and lets people do',
    right: body => (forAdmins.some(name => body[name] !== undefined) ? 'admin' : 'details'),
    keep: (groupId, body) => ({ groupId, ...body }),
  })
  for (const isSet of [true, false])
    routeOfGroup(app, deps, {
      ...{ method: isSet ? 'PUT' : 'DELETE', path: '/picture', operation: 'group.set-picture' },
      summary: isSet ? 'Give a group another picture; the result has its id' : 'Take a group’s picture away',
      body: isSet ? z.strictObject({ image: picture }).meta({ examples: [{ image: examplePicture }] }) : nothing,
      ...(isSet && { result: { pictureId: '1767614400' } }),
      right: () => 'details',
      keep: (groupId, body) => ({ groupId, image: body?.image ?? null }),
    })
  routeOfGroup(app, deps, {
    ...{ method: 'POST', path: '/leave', operation: 'group.leave', body: nothing },
    summary: 'Leave a group',
    right: () => 'member',
    keep: groupId => ({ groupId }),
  })
  routeOfGroup(app, deps, {
    ...{ method: 'POST', path: '/refresh', operation: 'group.refresh', body: nothing },
    summary: 'Read a group from WhatsApp; where it is not as events told, group.updated says so',
    result: { groupId: exampleIds.group, subject: toMake.subject, participantCount: 3 },
    right: () => 'known',
    keep: groupId => ({ groupId }),
  })
}

function routePeople(app: App, deps: ActionDeps): void {
  routeOfGroup(app, deps, {
    ...{ method: 'POST', path: '/participants', operation: 'group.change-participants' },
    body: z.strictObject(peopleToChange).meta({ examples: people('add', 'remove', 'promote', 'demote') }),
    result: { participants: outcomes },
    summary: 'Add and remove people, make them admins or no longer; the result says what became of each',
    right: ({ action }) => (action === 'add' ? 'add' : 'admin'),
    keep: (groupId, body) => ({ groupId, ...body }),
  })
}

function routeInvites(app: App, deps: ActionDeps): void {
  routeOfGroup(app, deps, {
    ...{ method: 'POST', path: '/invite-link', operation: 'group.read-invite-link', body: nothing },
    summary: 'Ask for the link that lets people in; the result has code and url',
    result: link,
    right: () => 'member',
    keep: groupId => ({ groupId }),
  })
  routeOfGroup(app, deps, {
    ...{ method: 'DELETE', path: '/invite-link', operation: 'group.revoke-invite-link', body: nothing },
    summary: 'Revoke the link that lets people in; the result has the new one',
    result: link,
    right: () => 'admin',
    keep: groupId => ({ groupId }),
  })
}

function routeJoinRequests(app: App, deps: ActionDeps): void {
  routeOfGroup(app, deps, {
    ...{ method: 'POST', path: '/join-requests/refresh', operation: 'group.read-join-requests', body: nothing },
    summary: 'Ask who wants to be let into a group; the result lists them',
    result: { requests: [{ id: ana.id, pn: ana.pn, method: 'invite-link', requestedAt: exampleAt }] },
    right: () => 'admin',
    keep: groupId => ({ groupId }),
  })
  routeOfGroup(app, deps, {
    ...{ method: 'POST', path: '/join-requests', operation: 'group.answer-join-requests' },
    body: z.strictObject(peopleToAnswer).meta({ examples: people('approve', 'reject') }),
    result: { participants: [outcomes[0]] },
    summary: 'Let people into a group who asked to be, or do not; the result says what became of each',
    right: () => 'admin',
    keep: (groupId, body) => ({ groupId, ...body }),
  })
}
