// Indexes of version 1 that are made outside of the migrations, because its tables may have millions of rows already: first what steps of the
// projection are slower without.

/** What is asked by this one is asked in another way until it is valid. */
export const wordsIndex = 'messages_words'

/** Of files that are neither stored nor failed, of all instances. */
export const pendingIndex = 'listed_media_pending'

const unread = ['', '_ids', '_chats', '_senders'].map(part => `messages_undecryptable${part}`)

type Filtered = { where: string; first?: readonly string[]; last?: readonly string[] }

/** Of an instance, and of one of its chats. What is behind the order is looked at in the index itself. */
function filtered(name: string, { where, first = [], last = [] }: Filtered) {
  const order = ['occurred_at desc', 'epoch desc', 'sequence desc', 'event_id desc']
  const definition = (of: readonly string[]) => `(${[...of, ...first, ...order, ...last].join(', ')}) where ${where}`
  const table = 'read_model_1.messages'
  return [
    { name: `messages_${name}`, table, definition: definition(['instance_id']) },
    { name: `messages_${name}_by_chat`, table, definition: definition(['instance_id', 'chat_id']) },
  ]
}

export const readModelIndexes = [
  // By one that had not all that is asked of it a plan made for an account with few pairs walked over every pair of one with many.
  {
    name: 'address_pairs_by_pn',
    table: 'read_model_1.address_pairs',
    definition: '(instance_id, pn, occurred_at desc, lid desc)',
    insteadOf: ['address_pairs_pn'],
  },
  // Files are listed from a table of their own, and what could not be read is looked for in one.
  {
    name: wordsIndex,
    table: 'read_model_1.messages',
    definition: 'using gin (words_of(instance_id, occurred_at, search))',
    insteadOf: ['messages_search', 'messages_with_media', ...unread],
  },
  // Of the messages that lists may be asked for, in their order; few messages are in one of them.
  ...filtered('starred', { where: 'starred' }),
  ...filtered('pinned', { where: 'pinned_until is not null', last: ['pinned_until'] }),
  ...filtered('of_parent', { where: 'parent_message_id is not null', first: ['parent_message_id'] }),
  // Few files are pending at once: how many there are, and since when, is asked every ten seconds.
  {
    name: pendingIndex,
    table: 'read_model_1.listed_media',
    definition: "(occurred_at) where status = 'pending'",
  },
  {
    name: 'listed_chats_archived',
    table: 'read_model_1.listed_chats',
    definition: '(instance_id, archived, last_message_at desc, epoch desc, sequence desc, chat_id desc)',
  },
] as const

/**
 * That lists and searches are read by, and no step: made once, over all rows, they cost a fraction of what each row costs them. Every table keeps one that
 * finds the rows of an instance.
 */
export const listIndexes: readonly string[] = [
  ...['messages_by_time', 'messages_by_chat', wordsIndex, 'messages_with_media', 'messages_search'],
  ...['starred', 'pinned', 'of_parent'].flatMap(name => [`messages_${name}`, `messages_${name}_by_chat`]),
  ...['listed_chats_by_time', 'listed_chats_archived', 'listed_contacts_by_time'],
  ...['kind', 'status', 'reason', 'chat'].map(by => `listed_media_by_${by}`),
  ...['calls_by_time', 'calls_by_status', 'groups_by_time', 'labels_by_time'],
]
