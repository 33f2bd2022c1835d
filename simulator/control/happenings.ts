// The calls of /sim/v1 for what happens besides messages: groups change, people call, are there or write, channels change, people are blocked.
import { z } from 'zod'
import type { Group } from '../accounts/accounts.ts'
import type { GroupChange } from '../accounts/change-group.ts'
import type { Simulator } from '../simulator.ts'
import { type At, type ControlCall, does } from './call.ts'
import { namedGroup } from './named-group.ts'
import { group, person } from './requests.ts'

const on = z.boolean()
const people = z.array(person).min(1).max(1024)

export const groupChange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['create', 'delete']) }),
  z.strictObject({ kind: z.literal('subject'), subject: z.string().min(1) }),
  z.strictObject({ kind: z.literal('description'), description: z.string().nullable() }),
  z.strictObject({ kind: z.enum(['announce', 'restrict', 'joinApproval', 'growthLocked']), on }),
  z.strictObject({ kind: z.literal('memberAdd'), everybody: z.boolean() }),
  z.strictObject({ kind: z.literal('ephemeral'), seconds: z.int().min(0).max(7_776_000) }),
  z.strictObject({ kind: z.literal('invite'), code: z.string().min(1) }),
  z.strictObject({
    kind: z.enum(['add', 'remove', 'promote', 'demote', 'leave', 'modify']),
    people,
    reason: z.string().min(1).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('joinRequested'), people, method: z.string().min(1).default('invite_link') }),
  z.strictObject({ kind: z.literal('joinRevoked'), people }),
  z.strictObject({ kind: z.literal('community'), parentId: z.string().endsWith('@g.us').nullable() }),
  z.strictObject({ kind: z.literal('picture'), pictureId: z.string().min(1).nullable() }),
])
/** One that is there needs no name. */
const changedGroup = group.extend({ subject: group.shape.subject.exactOptional() })
const groupRequest = z.strictObject({ group: changedGroup, by: person, change: groupChange })
const callRequest = z.strictObject({
  from: person,
  callId: z.string().min(1),
  step: z.enum(['offer', 'preaccept', 'accept', 'reject', 'terminate', 'transport', 'relaylatency']),
  video: z.boolean().exactOptional(),
  group: group.exactOptional(),
  reason: z.string().min(1).exactOptional(),
})
const presenceRequest = z.strictObject({
  from: person,
  state: z.enum(['available', 'unavailable', 'composing', 'recording', 'paused']),
  group: group.exactOptional(),
  lastSeenAt: z.int().min(0).exactOptional(),
})
const text = z.string().min(1).exactOptional()
const channelRequest = z.strictObject({
  channelId: z.string().endsWith('@newsletter'),
  ...{ name: text, description: text, state: text, role: text },
  muted: z.boolean().exactOptional(),
})
const blockRequest = z.strictObject({ who: person, on })

const ana = { pn: '5511900000011', name: 'Ana Souza' }
const bruno = { pn: '5511900000012', name: 'Bruno Lima' }
const bakery = { id: '120363000000000001', subject: 'Padaria do Bairro', members: [ana, bruno] }
const channelId = '120363000000000009@newsletter'

export const happenings: readonly ControlCall[] = [
  does(
    {
      path: '/sim/v1/devices/:pn/groups',
      about:
        'Somebody changes a group that the phone is in; subject and members say how it begins, where it is not known yet; without a subject it is called by its id. Answers the notification’s id.',
      takes: groupRequest,
      examples: changeExamples().map(change => ({ group: bakery, by: ana, change })),
    },
    ({ simulator, device }, { group: of, by, change }) => ({
      id: device().changeGroup(groupOf({ simulator, device }, of), simulator.contact(by), withContacts(simulator, change)),
    }),
  ),
  does(
    {
      path: '/sim/v1/devices/:pn/calls',
      about: 'A step of a call that the phone is told of. Answers the stanza’s id.',
      takes: callRequest,
      examples: [
        { from: ana, callId: 'C1', step: 'offer', video: true },
        { from: ana, callId: 'C1', step: 'terminate', reason: 'timeout' },
      ],
    },
    (at, { from, group: of, ...step }) => ({
      id: at.device().call({ ...step, from: at.simulator.contact(from), ...(of && { group: groupOf(at, of) }) }),
    }),
  ),
  does(
    {
      path: '/sim/v1/devices/:pn/presence',
      about: 'Somebody is there or not any more, which reaches who asked for it, writes or records.',
      takes: presenceRequest,
      examples: [
        { from: ana, state: 'composing' },
        { from: ana, state: 'unavailable', lastSeenAt: 1_700_000_000_000 },
      ],
    },
    (at, { from, group: of, ...presence }) => {
      at.device().presence({ ...presence, from: at.simulator.contact(from), ...(of && { group: groupOf(at, of) }) })
      return { state: presence.state }
    },
  ),
  does(
    {
      path: '/sim/v1/devices/:pn/channels',
      about: 'A channel that the phone follows changes. Answers the notification’s id.',
      takes: channelRequest,
      examples: [{ channelId, name: 'Notícias da Padaria', muted: true }],
    },
    ({ device }, change) => ({ id: device().changeChannel(change) }),
  ),
  does(
    {
      path: '/sim/v1/devices/:pn/blocklist',
      about: 'The phone blocks somebody, or does not any more. Answers the notification’s id.',
      takes: blockRequest,
      examples: [{ who: ana, on: true }],
    },
    ({ simulator, device }, { who, on: isOn }) => ({ id: device().block(simulator.contact(who), isOn) }),
  ),
]

function changeExamples(): readonly z.input<typeof groupChange>[] {
  return [
    { kind: 'create' },
    { kind: 'subject', subject: 'Padaria da Vila' },
    { kind: 'description', description: 'Pão quente às seis' },
    { kind: 'announce', on: true },
    { kind: 'memberAdd', everybody: true },
    { kind: 'ephemeral', seconds: 86_400 },
    { kind: 'invite', code: 'AbCdEf0123456789' },
    { kind: 'add', people: [bruno], reason: 'invite' },
    { kind: 'joinRequested', people: [bruno], method: 'invite_link' },
    { kind: 'joinRevoked', people: [bruno] },
    { kind: 'community', parentId: '120363000000000008@g.us' },
    { kind: 'picture', pictureId: '1700000000' },
    { kind: 'delete' },
  ]
}

type Requested = z.infer<typeof changedGroup>

const groupOf = ({ simulator, device }: Pick<At, 'simulator' | 'device'>, of: Requested): Group =>
  namedGroup(simulator, of, { owner: device().owner })

const withContacts = (simulator: Simulator, change: z.infer<typeof groupChange>): GroupChange =>
  'people' in change ? { ...change, people: change.people.map(simulator.contact) } : change
