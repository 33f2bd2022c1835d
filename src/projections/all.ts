// Every projection of the product with the version of it that this release runs: who makes checkpoints, runs projections or asks how far
// they are asks here.
import { webhookStream } from '../webhooks/stream/webhook-stream.ts'
import type { Projection } from './projection.ts'
import { readModel } from './read-model/read-model.ts'

export const all: readonly Projection[] = [readModel, webhookStream]
