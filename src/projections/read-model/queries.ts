// Everything that may be asked of the read model. Lists answer {data, nextCursor}, newest first; a wrong cursor throws QueryError.
export { type Page, type PageRequest, QueryError } from './page.ts'
export { type ChatAnswer, type ContactAnswer, listChats, listContacts } from './query-chats.ts'
export { getInstance, type InstanceAnswer, listInstances } from './query-instances.ts'
export { listMedia, type MediaListAnswer, type MediaLocation, type MediaRequest, mediaOf } from './query-media.ts'
export { getMessage, listMessages, type MessageAnswer, type MessagesRequest } from './query-messages.ts'
