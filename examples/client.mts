// Sends a text and waits for the answer, in types of the API's own description:
//   npm install openapi-fetch
//   curl -H "authorization: Bearer $ADMIN_API_KEY" http://127.0.0.1:7070/openapi.json -o openapi.json && npx openapi-typescript openapi.json -o zaplog.ts
//   node client.mts http://127.0.0.1:7070 shop 5511900000011
// Node 24 runs it as it is. Arguments: zaplog's address, the id of an instance, whom it writes to. ADMIN_API_KEY is the key.
import { setTimeout } from 'node:timers/promises'
import createClient from 'openapi-fetch'
import type { components, paths } from './zaplog.ts'

type Message = components['schemas']['Message']
const [baseUrl = '', id = '', chatId = ''] = process.argv.slice(2)
const zaplog = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${process.env['ADMIN_API_KEY']}` } })

const { data: instances } = await zaplog.GET('/v1/instances')
if (!instances?.data.some(instance => instance.id === id)) {
  const { data, error } = await zaplog.POST('/v1/instances', { body: { id, name: 'Made by a client' } })
  if (data === undefined) throw new Error(error.detail)
  console.log(`instance ${data.id}: ${data.state}`)
}

const { data: taken, error } = await zaplog.POST('/v1/instances/{id}/messages', {
  params: { path: { id } },
  body: { kind: 'text', chatId, text: 'Bom dia!' },
})
if (taken === undefined) throw new Error(error.detail)
console.log(`sent ${taken.messageId}`)

let answer: Message | undefined
while (answer === undefined) {
  await setTimeout(500)
  const { data } = await zaplog.GET('/v1/instances/{id}/messages', { params: { path: { id }, query: { limit: 20 } } })
  answer = data?.data.find(message => !message.fromMe)
}
console.log(`answered ${answer.text}`)
