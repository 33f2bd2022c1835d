// Indexes of version 1 that are made outside of the migrations, because its tables may have millions of rows already.
export const readModelIndexes = [
  {
    name: 'messages_words',
    table: 'read_model_1.messages',
    definition: 'using gin (words_of(instance_id, occurred_at, search))',
    insteadOf: 'messages_search',
  },
] as const
