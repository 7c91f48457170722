/** node-openflow: the one public surface. Everything a user of the package needs is exported here. */
export {}
