// What to do next where zaplog refuses a call, for those refusals that do not say it themselves. Pure.

/** By the slug of a problem: our verb that shows what there is. */
const lists: Readonly<Record<string, string>> = {
  'instance-not-found': 'instances list',
  'endpoint-not-found': 'webhooks list',
  'chat-not-found': 'chats list',
  'message-not-found': 'messages list',
  'group-not-found': 'groups list',
  'label-not-found': 'labels list',
  'call-not-found': 'calls list',
  'command-not-found': 'commands list',
  'upload-not-found': 'uploads list',
  'processing-not-found': 'processing list',
}

/** Behind what was refused; `zaplog`: what our verbs begin with. */
export const nextStep = (slug: string, zaplog: string): string =>
  lists[slug] === undefined ? '' : `; ${zaplog} ${lists[slug]} shows what there is`
