// What a verb is called elsewhere: somebody who types that is told what it is called here. Pure.

const alike: readonly (readonly string[])[] = [
  ['remove', 'delete', 'rm', 'del', 'destroy', 'drop'],
  ['create', 'add', 'new', 'make', 'register'],
  ['show', 'get', 'view', 'info', 'describe', 'inspect', 'read'],
  ['list', 'all', 'index'],
  ['qr', 'pair', 'login', 'link', 'connect', 'scan'],
  ['logout', 'unlink', 'unpair', 'disconnect'],
  ['restart', 'reconnect', 'reset'],
  ['enable', 'resume', 'on'],
  ['disable', 'pause', 'off', 'stop'],
  ['listen', 'tail', 'watch', 'follow'],
  ['test', 'ping', 'try'],
  ['start', 'run', 'serve', 'up'],
  ['status', 'health', 'ps', 'state'],
  ['change', 'update', 'edit', 'patch', 'modify'],
  ['react', 'reaction'],
  ['text', 'send', 'say', 'write', 'message'],
  ['leave', 'exit', 'quit'],
  ['promote', 'admin'],
  ['demote', 'unadmin'],
  ['instances', 'instance', 'accounts', 'sessions'],
  ['messages', 'message', 'msg'],
  ['chats', 'chat', 'conversations'],
  ['groups', 'group'],
  ['contacts', 'contact', 'people', 'persons'],
  ['commands', 'command', 'jobs'],
  ['webhooks', 'webhook', 'endpoints', 'hooks'],
]

/** null: none of `names` means the same. */
export function synonymOf(word: string, names: readonly string[]): string | null {
  const those = alike.filter(words => words.includes(word)).flat()
  return names.find(name => name !== word && those.includes(name)) ?? null
}
