-- A mail names the file that goes with it; the file is fetched when the mail is sent.

alter table outgoing_mail
  add column attachment_id uuid,
  add column attachment_name text check (length(attachment_name) between 1 and 200 and attachment_name !~ '[[:cntrl:]]'),
  add constraint outgoing_mail_attachment_check check ((attachment_id is null) = (attachment_name is null));
