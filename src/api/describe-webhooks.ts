// What /openapi.json says of webhooks: the request that an endpoint gets for each type, and what its answer means.
import { events } from '../events/definitions.ts'
import { recordName } from '../events/schema-name.ts'
import { deliveryTypes } from '../events/vocabulary.ts'
import { bodySchema } from '../webhooks/stream/body-schema.ts'
import { deliveriesAlone } from '../webhooks/stream/deliveries-alone.ts'

/** Of every type that this version delivers. */
export const describeWebhooks = () =>
  Object.fromEntries(
    deliveryTypes.here.map(type => {
      const { doc, when } = [...events, ...deliveriesAlone].find(one => one.type === type) ?? { doc: type, when: '' }
      const requestBody = { required: true, content: { 'application/json': { schema: bodySchema(type) } } }
      const operationId = `on${recordName(type)}`
      return [
        type,
        { post: { operationId, summary: doc, description: when, tags: ['webhooks'], security: [], requestBody, responses } },
      ]
    }),
  )

const responses = {
  '2XX': { description: 'It has arrived.' },
  default: { description: 'It comes again, later each time; so does what gets no answer.' },
}
