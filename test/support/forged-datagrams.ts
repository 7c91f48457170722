/** A Python script for a host of a lab that sends UDP in the name of another: 20 datagrams to a port, over a raw socket. */
export const forgedDatagrams = (from: string, to: string, port: number): string => `import socket,struct
s=socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
data=b"forged"
u=struct.pack("!HHHH", 41000, ${port}, 8+len(data), 0)+data
h=struct.pack("!BBHHHBBH4s4s", 0x45,0,20+len(u),7,0,64,17,0,socket.inet_aton("${from}"),socket.inet_aton("${to}"))
for _ in range(20): s.sendto(h+u, ("${to}", 0))`
