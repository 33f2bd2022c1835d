// What comes out of groups, calls and labels; names as in the events and in webhooks (docs/contract.md).
import { z } from 'zod'
import { callFields } from '../../events/definitions/calls.ts'
import { labelFields } from '../../events/definitions/chats.ts'
import { groupFields } from '../../events/definitions/groups.ts'
import { envelope } from '../../events/envelope.ts'
import { callColumns, groupColumns, labelColumns, participantColumns } from '../../projections/read-model/queries.ts'
import { shapesOf } from '../shapes-of.ts'

export const listedGroup = z.object(shapesOf(groupColumns, { ...envelope, ...groupFields }))

export const group = listedGroup.extend({
  participants: z.array(z.object(shapesOf(participantColumns))).describe('Everybody in it, by their ids.'),
})

export const call = z.object(shapesOf(callColumns, { ...envelope, ...callFields }))

export const label = z.object(shapesOf(labelColumns, { ...envelope, ...labelFields }))
