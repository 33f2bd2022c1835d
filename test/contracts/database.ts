// What every Database promises, sentence by sentence: each check rejects where the promise is broken.
import { listenPromises } from './database-listen.ts'
import { queryPromises } from './database-queries.ts'
import { transactionPromises } from './database-transactions.ts'

export const databasePromises = { ...transactionPromises, ...queryPromises, ...listenPromises }

export type DatabasePromise = keyof typeof databasePromises
