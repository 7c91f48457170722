/**
 * Stands between a switch and its controller and prints what they say, as ovs-ofctl would print it.
 * Run: snoop LISTEN_PORT CONTROLLER_PORT (both on this machine).
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { decode, Framer, formatMessage, WireError } from 'node-openflow'

/** Prints the messages in one direction. What is no message is said, and passed on all the same. */
function printer(direction: string): (chunk: Uint8Array) => void {
  const framer = new Framer()
  let lost = false
  return (chunk) => {
    if (lost) return
    const frames: Uint8Array[] = []
    try {
      framer.push(chunk, frames)
    } catch (error) {
      lost = true
      console.log(`${direction} framing lost: ${error}`)
    }
    for (const frame of frames) {
      try {
        console.log(`${direction} ${formatMessage(decode(frame)).trimEnd()}`)
      } catch (error) {
        if (!(error instanceof WireError)) throw error
        console.log(`${direction} no OpenFlow: ${error}`)
      }
    }
  }
}

function forward(from: Socket, to: Socket, direction: string): void {
  const print = printer(direction)
  from.on('data', (chunk: Uint8Array) => {
    print(chunk)
    if (!to.write(chunk)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}

const [listenPort, controllerPort] = process.argv.slice(2).map(Number)
const server = createServer((device) => {
  const controller = connect({ host: '127.0.0.1', port: controllerPort ?? 6653 })
  forward(device, controller, '>')
  forward(controller, device, '<')
})
server.listen(listenPort ?? 6654, '127.0.0.1', () => {
  console.log(`listening on ${(server.address() as AddressInfo).port}`)
})
