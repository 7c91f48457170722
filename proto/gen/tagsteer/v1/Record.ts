// Generated from tagsteer/v1/apply_service.proto

import type { Interface as _tagsteer_v1_Interface, Interface__Output as _tagsteer_v1_Interface__Output } from '../../tagsteer/v1/Interface.ts';
import type { Vnp as _tagsteer_v1_Vnp, Vnp__Output as _tagsteer_v1_Vnp__Output } from '../../tagsteer/v1/Vnp.ts';
import type { Policy as _tagsteer_v1_Policy, Policy__Output as _tagsteer_v1_Policy__Output } from '../../tagsteer/v1/Policy.ts';
import type { Switch as _tagsteer_v1_Switch, Switch__Output as _tagsteer_v1_Switch__Output } from '../../tagsteer/v1/Switch.ts';
import type { Network as _tagsteer_v1_Network, Network__Output as _tagsteer_v1_Network__Output } from '../../tagsteer/v1/Network.ts';
import type { Nap as _tagsteer_v1_Nap, Nap__Output as _tagsteer_v1_Nap__Output } from '../../tagsteer/v1/Nap.ts';
import type { Profile as _tagsteer_v1_Profile, Profile__Output as _tagsteer_v1_Profile__Output } from '../../tagsteer/v1/Profile.ts';
import type { StagePolicy as _tagsteer_v1_StagePolicy, StagePolicy__Output as _tagsteer_v1_StagePolicy__Output } from '../../tagsteer/v1/StagePolicy.ts';

export interface Record {
  'interface'?: (_tagsteer_v1_Interface | null);
  'vnp'?: (_tagsteer_v1_Vnp | null);
  'policy'?: (_tagsteer_v1_Policy | null);
  'switch'?: (_tagsteer_v1_Switch | null);
  'network'?: (_tagsteer_v1_Network | null);
  'nap'?: (_tagsteer_v1_Nap | null);
  'profile'?: (_tagsteer_v1_Profile | null);
  'stagePolicy'?: (_tagsteer_v1_StagePolicy | null);
  'record'?: "interface"|"vnp"|"policy"|"switch"|"network"|"nap"|"profile"|"stagePolicy";
}

export interface Record__Output {
  'interface'?: (_tagsteer_v1_Interface__Output | null);
  'vnp'?: (_tagsteer_v1_Vnp__Output | null);
  'policy'?: (_tagsteer_v1_Policy__Output | null);
  'switch'?: (_tagsteer_v1_Switch__Output | null);
  'network'?: (_tagsteer_v1_Network__Output | null);
  'nap'?: (_tagsteer_v1_Nap__Output | null);
  'profile'?: (_tagsteer_v1_Profile__Output | null);
  'stagePolicy'?: (_tagsteer_v1_StagePolicy__Output | null);
  'record'?: "interface"|"vnp"|"policy"|"switch"|"network"|"nap"|"profile"|"stagePolicy";
}
