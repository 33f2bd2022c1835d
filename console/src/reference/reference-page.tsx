// The API reference with try-out; without a key there is nothing to draw it from, and one is asked for.
import { useEffect, useRef } from 'preact/hooks'
import { Frame } from '../frame.tsx'
import { get, key } from '../key.ts'
import { KeyForm } from '../key-form.tsx'
import { EVERY_MS, openServerPoll } from '../reach.ts'
import { drawReference } from './draw-reference.ts'

export function ReferencePage() {
  return <Frame at="reference">{key.value === null ? <KeyForm /> : <Reference />}</Frame>
}

function Reference() {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const poll = openServerPoll({
      asker: 'description',
      ask: signal => get('/openapi.json', signal),
      answered: outcome => {
        if (outcome.kind !== 'answer') return EVERY_MS
        poll.close()
        if (place.current !== null) void drawReference(outcome.body, place.current)
        return EVERY_MS
      },
    })
    return poll.close
  }, [])
  return <div ref={place} />
}
