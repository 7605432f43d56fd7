-- A step's row says that it has begun before it begins: what a claim implies no longer has to be remembered.

alter table jobs drop column fresh_claim;
