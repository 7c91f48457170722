// Generated from tagsteer/v1/lease_service.proto


/**
 * With none of nap, profile and address, the profile that has the interface's name chooses, and where there is none, a
 * profile of which nothing is known.
 */
export interface AllocateRequest {
  /**
   * Whose record gets the address. Empty: the address is on standby for the client.
   */
  'interface'?: (string);
  /**
   * Who asks; the interface where empty. A client gets the address back that it had, as long as nobody else has it.
   */
  'client'?: (string);
  /**
   * Any address of this NAP.
   */
  'nap'?: (string);
  /**
   * Any address of the NAP that fits this profile best.
   */
  'profile'?: (string);
  /**
   * This address.
   */
  'address'?: (string);
  /**
   * Of an address on standby, "default" where empty; an interface has its own.
   */
  'network'?: (string);
  'requestId'?: (string);
  /**
   * Answers which address it would be; nothing is given.
   */
  'validateOnly'?: (boolean);
  'choice'?: "nap"|"profile"|"address";
}

/**
 * With none of nap, profile and address, the profile that has the interface's name chooses, and where there is none, a
 * profile of which nothing is known.
 */
export interface AllocateRequest__Output {
  /**
   * Whose record gets the address. Empty: the address is on standby for the client.
   */
  'interface': (string);
  /**
   * Who asks; the interface where empty. A client gets the address back that it had, as long as nobody else has it.
   */
  'client': (string);
  /**
   * Any address of this NAP.
   */
  'nap'?: (string);
  /**
   * Any address of the NAP that fits this profile best.
   */
  'profile'?: (string);
  /**
   * This address.
   */
  'address'?: (string);
  /**
   * Of an address on standby, "default" where empty; an interface has its own.
   */
  'network': (string);
  'requestId': (string);
  /**
   * Answers which address it would be; nothing is given.
   */
  'validateOnly': (boolean);
  'choice'?: "nap"|"profile"|"address";
}
