-- Whether the vendor's account is open: what somebody offers who cannot log in any more is not sold.
ALTER TABLE sellers ADD COLUMN open boolean NOT NULL DEFAULT true;
