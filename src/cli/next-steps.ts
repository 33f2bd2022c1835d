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

/** What is expected where a chat or a person is asked for, and not a number alone. */
const anAddress = /^a phone number with its country.* or an address/

/** Behind what was refused; `expected`: of each field that was; `zaplog`: what our verbs begin with. */
export function nextStep(slug: string, expected: readonly string[], zaplog: string): string {
  if (lists[slug] !== undefined) return `; ${zaplog} ${lists[slug]} shows what there is`
  const isAddress = expected.length === 1 && anAddress.test(expected[0] ?? '')
  return isAddress ? `; ${zaplog} chats list shows chats by name, contacts list people` : ''
}
