// Every projection of the product, each with all of its versions that this release runs: who makes checkpoints and tables, runs them, or
// erases their rows, asks here.
//
// A projection that learns an event type or a topic, or changes what it makes of records that it has read, gets a new version. A field of a
// message that is null in rows from before needs none: a migration adds its column to the version that is there (ARCHITECTURE, How to add). Neither
// does a type or a topic that no release ever wrote: nothing was read without it, and a migration adds its tables and its offset 0.
// - One that begins at the first record (the read model): SQL files in a folder beside it make its tables in a schema of its own (schemaOf),
//   with the functions that its statements call; a second line here, `createReadModel({ version: 2, sql: … })`, runs it beside the first; a
//   purge erases its rows, too. It is read once it has come as far as the first (go-live.ts), so queries have to fit both until a
//   release drops the first: its line here, its schema in a migration.
// - One that begins where the version before ends (the webhook stream): its number is raised in place, and what its tables need is a
//   migration. The start hands over (hand-over.ts).
import { webhookStream } from '../webhooks/stream/webhook-stream.ts'
import { commands } from './commands/commands.ts'
import type { Projection } from './projection.ts'
import { readModel } from './read-model/read-model.ts'

export const all: readonly Projection[] = [readModel, webhookStream, commands]
