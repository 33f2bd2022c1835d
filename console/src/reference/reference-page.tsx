// The API reference with try-out; without a key there is nothing to draw it from, and one is asked for.
import { useEffect, useRef } from 'preact/hooks'
import { Frame } from '../frame.tsx'
import { get, key } from '../key.ts'
import { KeyForm } from '../key-form.tsx'
import { openPoll } from '../poll.ts'
import { pageWatcher, restAfter } from '../reach.ts'
import { drawReference } from './draw-reference.ts'

export function ReferencePage() {
  return <Frame at="reference">{key.value === null ? <KeyForm /> : <Reference />}</Frame>
}

function Reference() {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const poll = openPoll({
      watcher: pageWatcher,
      ask: signal => get('/openapi.json', signal),
      answered: outcome => {
        if (outcome.kind !== 'answer') return restAfter(outcome)
        poll.close()
        if (place.current !== null) void drawReference(outcome.body, place.current)
        return restAfter(outcome)
      },
    })
    return poll.close
  }, [])
  return <div ref={place} />
}
