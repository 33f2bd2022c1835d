// The app state of an account as the server has it, with the key that its phone made; as plain data and back.
import type { Collection, CollectionRecord } from './collection.ts'
import { type AppStateKey, newAppStateKey } from './mutation-keys.ts'

export type AppState = { key: AppStateKey; collections: Map<string, Collection> }
export type KeptAppState = { key: AppStateKey; collections: KeptCollection[] }
type KeptCollection = Omit<Collection, 'records'> & { records: [string, CollectionRecord][] }

export const newAppState = (): AppState => ({ key: newAppStateKey(), collections: new Map() })

export const keepAppState = ({ key, collections }: AppState): KeptAppState => ({
  key,
  collections: [...collections.values()].map(collection => ({ ...collection, records: [...collection.records] })),
})

export const readAppState = ({ key, collections }: KeptAppState): AppState => ({
  key,
  collections: new Map(collections.map(kept => [kept.name, { ...kept, records: new Map(kept.records) }])),
})
