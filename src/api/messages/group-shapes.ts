// What comes out of groups, calls and labels; names as in the events and in webhooks (docs/contract.md).
import { z } from 'zod'
import { callFields } from '../../events/definitions/calls.ts'
import { labelFields } from '../../events/definitions/chats.ts'
import { groupFields } from '../../events/definitions/groups.ts'
import { envelope } from '../../events/envelope.ts'
import { callColumns, groupColumns, labelColumns, participantColumns } from '../../projections/read-model/queries.ts'
import { shapesOf } from '../shapes-of.ts'
import { callExample, groupExample, labelExample, listedGroupExample } from './group-examples.ts'

export const listedGroup = z
  .object(shapesOf(groupColumns, { ...envelope, ...groupFields }))
  .meta({ title: 'ListedGroup', examples: [listedGroupExample] })

export const group = listedGroup
  .extend({ participants: z.array(z.object(shapesOf(participantColumns))).describe('Everybody in it, by their ids.') })
  .meta({ title: 'Group', examples: [groupExample] })

export const call = z
  .object(shapesOf(callColumns, { ...envelope, ...callFields }))
  .meta({ title: 'Call', examples: [callExample] })

export const label = z
  .object(shapesOf(labelColumns, { ...envelope, ...labelFields }))
  .meta({ title: 'Label', examples: [labelExample] })
