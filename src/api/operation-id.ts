// What a call is called in /openapi.json, and so in every client that is generated from it: its operationId, made of its method and path. Names that were
// released never change; where a path does not say well what a call does, it has a line here.

export type Declared = {
  method: string
  /** As the router has it. */
  url: string
  /** It answers a page of a list. */
  isList: boolean
}

/** In camel case: listInstances, createInstance, getInstance, updateInstance, deleteInstance, restartInstance. */
export const operationIdOf = (call: Declared): string => named[`${call.method} ${call.url.replace('/v1', '')}`] ?? made(call)

/** Paths below /v1, and those beside it. */
const named: Readonly<Record<string, string>> = {
  'GET /': 'getAbout',
  'GET /openapi.json': 'getDescription',
  'GET /health/live': 'getLiveness',
  'GET /health/ready': 'getReadiness',
  'GET /m/:eventId': 'getMediaFile',
  'GET /m/:eventId/thumbnail': 'getMediaThumbnail',
  'GET /m/pictures/:instanceId/:jid': 'getPicture',
  'GET /stream': 'followEvents',
  'POST /instances/:id/messages': 'sendMessage',
  'DELETE /instances/:id/commands': 'cancelCommands',
  'DELETE /instances/:id/commands/:commandId': 'cancelCommand',
  'PUT /instances/:id/contacts/:personId': 'saveContact',
  'PUT /instances/:id/contacts/:personId/block': 'blockContact',
  'DELETE /instances/:id/contacts/:personId/block': 'unblockContact',
  'POST /instances/:id/groups/:jid/participants': 'changeGroupParticipants',
  'POST /instances/:id/groups/:jid/invite-link': 'askGroupInviteLink',
  'DELETE /instances/:id/groups/:jid/invite-link': 'revokeGroupInviteLink',
  'POST /instances/:id/groups/:jid/join-requests': 'answerGroupJoinRequests',
  'POST /instances/:id/groups/:jid/join-requests/refresh': 'refreshGroupJoinRequests',
  'POST /instances/:id/chats/:chatId/read': 'markChatRead',
  'POST /instances/:id/chats/:chatId/played': 'markChatPlayed',
  'POST /instances/:id/chats/:chatId/history': 'askChatHistory',
  'PUT /instances/:id/chats/:chatId/labels/:labelId': 'addChatLabel',
  'DELETE /instances/:id/chats/:chatId/labels/:labelId': 'removeChatLabel',
  'PUT /instances/:id/presence/:chatId/subscription': 'subscribePresence',
  'DELETE /instances/:id/presence/:chatId/subscription': 'unsubscribePresence',
  'GET /instances/:id/presence/subscriptions': 'getPresenceSubscriptions',
  'PUT /instances/:id/channels/:channelId/follow': 'followChannel',
  'DELETE /instances/:id/channels/:channelId/follow': 'unfollowChannel',
  'PUT /instances/:id/channels/:channelId/mute': 'muteChannel',
  'DELETE /instances/:id/channels/:channelId/mute': 'unmuteChannel',
  'POST /instances/:id/numbers/check': 'checkNumbers',
  'POST /instances/:id/processing': 'startProcessing',
  'GET /instances/:id/groups/:jid/live': 'getLiveGroup',
  'POST /listeners/:id/deliveries/:deliveryId': 'answerListenerDelivery',
  'GET /dead-letters': 'listDeadLetters',
  'POST /dead-letters/redrive': 'redriveDeadLetters',
  'GET /api-keys': 'listApiKeys',
  'GET /projections': 'getProjections',
  'POST /projections/:projection/keys/:key/resume': 'resumeProjectionKey',
  'POST /projections/:projection/keys/:key/skip': 'skipProjectionKey',
  'GET /encryption-keys': 'listEncryptionKeys',
  'POST /encryption-keys/rotate': 'rotateEncryptionKeys',
  'POST /media/retry': 'retryMedia',
}

const verbs: Readonly<Record<string, string>> = { GET: 'get', PUT: 'set', PATCH: 'update', DELETE: 'delete' }

/** Last words of paths that say what is done. */
const actions = [
  'cancel',
  'check',
  'clear',
  'complete',
  'finish',
  'join',
  'leave',
  'logout',
  'refresh',
  'reject',
  'replay',
  'restart',
  'retry',
  'rollback',
  'rotate-secret',
  'run',
  'star',
  'swap',
  'test',
]

function made({ method, url, isList }: Declared): string {
  const steps = stepsOf(url)
  const last = steps.at(-1) ?? ''
  if (isList) return `list${words(steps, last)}`
  if (method !== 'POST') return `${verbs[method] ?? method.toLowerCase()}${words(steps, null)}`
  if (!actions.includes(last)) return `create${words([...steps.slice(0, -1), singular(last)], null)}`
  const [verb = '', ...rest] = last.split('-')
  return `${verb}${words([...steps.slice(0, -1).map(singular), ...rest], null)}`
}

/** What has lists of its own: their names need no instance. */
const ofInstances = /^\/v1\/instances\/:id\/(?=\w*(s|media|processing|privacy|profile|presence|blocklist)(\/|$))(?!history)/

/** Names of the path; what stands before a parameter is one of several. */
function stepsOf(url: string): readonly string[] {
  const segments = url.replace(ofInstances, '/').replace(/^\/v1/, '').split('/').filter(Boolean)
  return segments.flatMap((segment, index) => {
    if (segment.startsWith(':')) return []
    return [segments[index + 1]?.startsWith(':') === true ? singular(segment) : segment]
  })
}

const singular = (word: string): string => (word === 'deliveries' ? 'delivery' : word.replace(/s$/, ''))

/** `plural`: as it is, being the list itself. */
const words = (steps: readonly string[], plural: string | null): string =>
  steps.map((step, index) => pascal(index === steps.length - 1 && plural !== null ? plural : step)).join('')

/** `invite-link`, too. */
export const pascal = (text: string): string =>
  text.replaceAll(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_, letter) => letter.toUpperCase())
